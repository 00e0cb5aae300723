#include "experiments/cli/text/text.h"

#include <gtest/gtest.h>

#include <vector>

namespace fedround::cli {
namespace {

TEST(BytesText, UsesTheUnitThatFits) { EXPECT_EQ(BytesText(15'938'355), "15.2 MiB"); }

TEST(BytesText, KeepsSmallCountsExact) { EXPECT_EQ(BytesText(1023), "1023 B"); }

TEST(SecondsText, ShowsMillisecondsOfShortTimes) { EXPECT_EQ(SecondsText(0.0614), "0.061 s"); }

TEST(SecondsText, ShowsMinutes) { EXPECT_EQ(SecondsText(245), "4:05 min"); }

TEST(SecondsText, ShowsHours) { EXPECT_EQ(SecondsText(7390), "2:03:10 h"); }

TEST(ShareText, OfNothingIsZero) { EXPECT_EQ(ShareText(1, 0), "0 %"); }

TEST(ShellText, LeavesPlainArgumentsAlone) {
  EXPECT_EQ(ShellText(std::vector<std::string>{"fedround", "run", "a/b-1.toml"}),
            "fedround run a/b-1.toml");
}

TEST(ShellText, QuotesWhatAShellWouldChange) {
  EXPECT_EQ(ShellText(std::vector<std::string>{"it's $HOME", ""}), R"('it'\''s $HOME' '')");
}

}  // namespace
}  // namespace fedround::cli
