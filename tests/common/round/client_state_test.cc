#include "common/round/client_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace fedround {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void StageValues(ClientState& state, AskId ask, std::vector<float> values) {
  std::ranges::copy(values, state.Stage(ask, "it", values.size()).begin());
}

std::vector<float> Remembered(const ClientState& state) {
  const std::span<const float> values = state.Find("it");
  return {values.begin(), values.end()};
}

TEST(ClientState, RemembersNothingAtFirst) {
  ClientState state;
  EXPECT_TRUE(state.Settle(0).ok());
  EXPECT_THAT(Remembered(state), IsEmpty());
}

TEST(ClientState, RemembersWhatItStagedOnceThatCounts) {
  ClientState state;
  ASSERT_TRUE(state.Settle(0).ok());
  StageValues(state, 3, {1, 2});
  EXPECT_THAT(Remembered(state), IsEmpty());
  ASSERT_TRUE(state.Settle(3).ok());
  EXPECT_THAT(Remembered(state), ElementsAre(1, 2));
}

TEST(ClientState, DropsWhatDidNotCount) {
  ClientState state;
  StageValues(state, 3, {1, 2});
  ASSERT_TRUE(state.Settle(3).ok());
  StageValues(state, 5, {7, 8});
  ASSERT_TRUE(state.Settle(3).ok());
  EXPECT_THAT(Remembered(state), ElementsAre(1, 2));
  // Nor does it come back.
  EXPECT_FALSE(state.Settle(5).ok());
}

TEST(ClientState, DropsAFirstAnswerThatDidNotCount) {
  ClientState state;
  StageValues(state, 1, {1, 2});
  ASSERT_TRUE(state.Settle(0).ok());
  EXPECT_THAT(Remembered(state), IsEmpty());
}

TEST(ClientState, TakesARepeatedTaskAsTheSame) {
  ClientState state;
  StageValues(state, 1, {1, 2});
  ASSERT_TRUE(state.Settle(1).ok());
  for (int again = 0; again < 3; ++again) {
    ASSERT_TRUE(state.Settle(1).ok());
    EXPECT_THAT(Remembered(state), ElementsAre(1, 2));
    StageValues(state, 2, {3, 4});
  }
  ASSERT_TRUE(state.Settle(2).ok());
  EXPECT_THAT(Remembered(state), ElementsAre(3, 4));
}

TEST(ClientState, KeepsSeveralVectors) {
  ClientState state;
  for (AskId ask = 1; ask <= 4; ++ask) {
    ASSERT_TRUE(state.Settle(ask - 1).ok());
    state.Stage(ask, "one", 1)[0] = static_cast<float>(ask);
    state.Stage(ask, "two", 2)[1] = -static_cast<float>(ask);
  }
  ASSERT_TRUE(state.Settle(4).ok());
  EXPECT_EQ(state.Find("one")[0], 4);
  EXPECT_EQ(state.Find("two")[1], -4);
  EXPECT_TRUE(state.Find("three").empty());
}

TEST(ClientState, SaysThatItIsLost) {
  ClientState state;
  const absl::Status lost = state.Settle(7);
  EXPECT_EQ(lost.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(lost.message()), HasSubstr("its answer to ask 7 is lost"));
}

}  // namespace
}  // namespace fedround
