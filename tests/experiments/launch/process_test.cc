#include "experiments/launch/process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fedround::launch {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

TEST(FindProgram, LooksInPathForANameWithoutASlash) {
  const auto found = FindProgram("sh");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found, StartsWith("/"));
  EXPECT_THAT(*found, EndsWith("/sh"));
}

TEST(FindProgram, TakesAPathAsItIs) { EXPECT_EQ(FindProgram("./no/such").value(), "./no/such"); }

TEST(FindProgram, NamesWhatIsNotThere) {
  const auto found = FindProgram("no-such-program");
  EXPECT_TRUE(absl::IsNotFound(found.status()));
  EXPECT_EQ(found.status().message(), "no-such-program: there is no such program in PATH");
}

}  // namespace
}  // namespace fedround::launch
