#include "common/config/meant_keys.h"

#include <gtest/gtest.h>

namespace fedround::config {
namespace {

TEST(MeantKeys, AreFoundInOtherSections) {
  EXPECT_EQ(KeysThatMayBeMeant("rounds"), "run.rounds");
  EXPECT_EQ(KeysThatMayBeMeant("algorithm"), "federation.algorithm");
  EXPECT_EQ(KeysThatMayBeMeant("name"), "run.name or data.name");
}

TEST(MeantKeys, AreFoundByTheNamesOfOtherPrograms) {
  EXPECT_EQ(KeysThatMayBeMeant("lr"), "training.learning_rate");
  EXPECT_EQ(KeysThatMayBeMeant("num-clients"), "federation.clients");
  EXPECT_EQ(KeysThatMayBeMeant("Batch_Size"), "training.batch_size");
}

TEST(MeantKeys, AreNotGuessed) { EXPECT_EQ(KeysThatMayBeMeant("zebra"), ""); }

}  // namespace
}  // namespace fedround::config
