#include "experiments/cli/text/verify_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fedround::cli {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

const analysis::VerifyReport kReport{
    .ended = true,
    .model = true,
    .rounds = 20,
    .steps = 20,
    .tasks = 200,
    .answers = 200,
    .largest_clock_bound_ns = 22'340,
    .path = {.rounds_within = 20, .wall_ns = 1'000'000, .handover_ns = 2'500},
    .bytes = {.connections = 11, .calls = 10, .wire = 1'000'000, .messages = 999'000}};

TEST(VerifyText, HasALineATopicAndTheFolderLast) {
  const std::vector<std::string> lines = VerifyLines(kReport, "runs/a");
  EXPECT_EQ(lines.front(), "chains     20 rounds, 20 steps, 200 tasks: no gap, no overlap");
  EXPECT_EQ(lines.back(), "verified   runs/a");
}

TEST(VerifyText, GivesTheFigures) {
  const std::vector<std::string> lines = VerifyLines(kReport, "runs/a");
  EXPECT_THAT(lines, Contains(HasSubstr("largest bound 22.3 us")));
  EXPECT_THAT(lines, Contains(HasSubstr("20 of 20 rounds within 1 % of the wall time; 0.25 %")));
  EXPECT_THAT(lines,
              Contains(HasSubstr("1000000 on the wire of 11 whole connections; 0.100 % beyond "
                                 "messages, 100 B per call")));
}

TEST(VerifyText, SaysWhatWasNotThereToCheck) {
  const std::vector<std::string> lines = VerifyLines({}, "runs/a");
  EXPECT_THAT(lines, Contains(HasSubstr("rounds add up; connections are not known")));
  EXPECT_THAT(VerifyLines({.ended = true}, "runs/a"),
              Contains(HasSubstr("no whole connection with a socket")));
  EXPECT_THAT(lines, Contains(HasSubstr("there is no file")));
  EXPECT_THAT(lines, Contains(HasSubstr("the run has no verdict")));
}

}  // namespace
}  // namespace fedround::cli
