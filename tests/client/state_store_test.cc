#include "client/state_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "common/base/io/file.h"

namespace fedround::client {
namespace {

using ::testing::HasSubstr;

class StateFiles : public ::testing::Test {
 protected:
  StateFiles() { std::filesystem::remove_all(folder_); }

  std::unique_ptr<StateStore> Open(std::size_t size = 3, const std::string& run = "run") {
    return StateStore::Open({.folder = folder_, .run_id = run, .vector_size = size}).value();
  }
  // Client 5 of this store stages `value` for `ask`, and that is kept.
  static void Stage(StateStore& store, AskId ask, float value) {
    ClientState* const state = store.Of(5).value();
    std::ranges::fill(state->Stage(ask, "it", 3), value);
    EXPECT_TRUE(store.Keep(5).ok());
  }
  static std::vector<float> Remembered(StateStore& store, AskId counted) {
    ClientState* const state = store.Of(5).value();
    EXPECT_TRUE(state->Settle(counted).ok());
    const std::span<const float> values = state->Find("it");
    return {values.begin(), values.end()};
  }

  const std::string folder_ = ::testing::TempDir() + "state_files_" +
                              ::testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string file_ = folder_ + "/5.state";
};

TEST_F(StateFiles, AreFoundByAnotherProcess) {
  Stage(*Open(), 7, 1.5F);
  EXPECT_EQ(Remembered(*Open(), 7), std::vector<float>(3, 1.5F));
  EXPECT_EQ(Open()->Of(6).value()->Find("it").size(), 0U);  // another client's memory
}

// A process that ended between the two: whether its answer counted is learned only afterwards.
TEST_F(StateFiles, HoldWhatIsKeptAndWhatIsStaged) {
  {
    const auto store = Open();
    Stage(*store, 7, 1);
    ASSERT_TRUE(store->Of(5).value()->Settle(7).ok());
    Stage(*store, 9, 2);
  }
  EXPECT_EQ(Remembered(*Open(), 7), std::vector<float>(3, 1));
  EXPECT_EQ(Remembered(*Open(), 9), std::vector<float>(3, 2));
  EXPECT_FALSE(Open()->Of(5).value()->Settle(8).ok());
}

TEST_F(StateFiles, AreNotWrittenInMemory) {
  const auto store = StateStore::Open({.folder = "", .run_id = "run", .vector_size = 3}).value();
  Stage(*store, 7, 1);
  EXPECT_FALSE(std::filesystem::exists(folder_));
}

TEST_F(StateFiles, OfAnotherRunAreRefused) {
  Stage(*Open(), 7, 1);
  const absl::Status status = Open(3, "other")->Of(5).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("5.state: is not what client 5 remembers of run \"other\""));
}

TEST_F(StateFiles, OfAnotherModelAreRefused) {
  Stage(*Open(), 7, 1);
  const absl::Status status = Open(4)->Of(5).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("client 5 remembers is of another model"));
}

TEST_F(StateFiles, ThatAreDamagedAreRefusedWhateverTheDamage) {
  Stage(*Open(), 7, 1);
  const std::string good = ReadFile(file_).value();
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 0x10;
    ASSERT_TRUE(WriteFileAtomically(file_, bad).ok());
    EXPECT_FALSE(Open()->Of(5).ok()) << i;
    ASSERT_TRUE(WriteFileAtomically(file_, good.substr(0, i)).ok());
    EXPECT_TRUE(absl::IsDataLoss(Open()->Of(5).status())) << i;
  }
}

}  // namespace
}  // namespace fedround::client
