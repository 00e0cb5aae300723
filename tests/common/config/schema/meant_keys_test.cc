#include "common/config/schema/meant_keys.h"

#include <gtest/gtest.h>

#include "absl/strings/str_split.h"
#include "fedround/v1/experiment.pb.h"

namespace fedround::config {
namespace {

TEST(MeantKeys, AreFoundInOtherSections) {
  EXPECT_EQ(KeysThatMayBeMeant("federation", "rounds"), "run.rounds");
  EXPECT_EQ(KeysThatMayBeMeant("", "algorithm"), "federation.algorithm");
  EXPECT_EQ(KeysThatMayBeMeant("", "name"), "run.name or data.name");
}

TEST(MeantKeys, AreFoundByTheNamesOfOtherPrograms) {
  EXPECT_EQ(KeysThatMayBeMeant("training", "lr"), "training.learning_rate");
  EXPECT_EQ(KeysThatMayBeMeant("", "num-clients"), "federation.clients");
  EXPECT_EQ(KeysThatMayBeMeant("", "Batch_Size"), "training.batch_size");
}

TEST(MeantKeys, AreFoundByTheirBeginningInTheirSection) {
  EXPECT_EQ(KeysThatMayBeMeant("fold", "scale"), "fold.scale_bits");
  EXPECT_EQ(KeysThatMayBeMeant("training", "batch"), "training.batch_size");
  EXPECT_EQ(KeysThatMayBeMeant("model", "name"), "model.preset");
}

TEST(MeantKeys, AreNotGuessed) { EXPECT_EQ(KeysThatMayBeMeant("", "zebra"), ""); }

// "training.batch_size", "model.hidden or [[model.layer]]", "data.partition = {...}".
TEST(MeantKeys, Exist) {
  for (const absl::string_view answer : SynonymousKeys()) {
    const absl::string_view first = *absl::StrSplit(answer, absl::ByAnyChar(" ,")).begin();
    const std::pair<std::string, std::string> key = absl::StrSplit(first, '.');
    const auto* section = v1::Experiment::descriptor()->FindFieldByName(key.first);
    ASSERT_NE(section, nullptr) << answer;
    EXPECT_NE(section->message_type()->FindFieldByName(key.second), nullptr) << answer;
  }
}

}  // namespace
}  // namespace fedround::config
