#include "common/base/process/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fedround {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Parsed {
  bool events = false;
  int threads = 0;
  double timeout_s = 30;
  std::string out;
  std::vector<std::string> sets;
  std::vector<std::string> rest;
  absl::Status status;
};

std::vector<Option> OptionsOf(Parsed& parsed) {
  return {{"--events", "", "print events", &parsed.events},
          {"--threads", "N", "clients at a time", &parsed.threads},
          {"--timeout", "S", "seconds", &parsed.timeout_s},
          {"--out", "DIR", "folder", &parsed.out},
          {"--set", "K=V", "override", &parsed.sets}};
}

Parsed Parse(std::vector<std::string> arguments) {
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  Parsed parsed;
  parsed.status = ParseArguments(pointers, OptionsOf(parsed), parsed.rest);
  return parsed;
}

std::string ErrorOf(std::vector<std::string> arguments) {
  return std::string(Parse(std::move(arguments)).status.message());
}

TEST(Arguments, TakesTheValueFromTheNextArgument) {
  EXPECT_EQ(Parse({"--out", "runs/q"}).out, "runs/q");
}

TEST(Arguments, TakesTheValueAfterAnEqualsSign) { EXPECT_EQ(Parse({"--out=a=b"}).out, "a=b"); }

TEST(Arguments, ReadsNumbers) { EXPECT_EQ(Parse({"--timeout", "0.5"}).timeout_s, 0.5); }

TEST(Arguments, SetsFlags) { EXPECT_TRUE(Parse({"--events"}).events); }

TEST(Arguments, CollectsRepeatedOptions) {
  EXPECT_THAT(Parse({"--set", "a=1", "--set", "b=2"}).sets, ElementsAre("a=1", "b=2"));
}

TEST(Arguments, LeavesWhatFollowsTwoDashesAlone) {
  EXPECT_THAT(Parse({"--events", "--", "run", "--out"}).rest, ElementsAre("run", "--out"));
}

TEST(Arguments, NamesTheNearestOption) {
  EXPECT_THAT(ErrorOf({"--thread", "2"}), HasSubstr("did you mean --threads?"));
}

TEST(Arguments, RefusesAMissingValue) {
  EXPECT_THAT(ErrorOf({"--out"}), HasSubstr("--out needs a value: DIR"));
}

TEST(Arguments, RefusesTextForANumber) {
  EXPECT_THAT(ErrorOf({"--threads", "two"}), HasSubstr("--threads = \"two\": must be a whole"));
}

TEST(Arguments, RefusesInfinity) {
  EXPECT_THAT(ErrorOf({"--timeout", "inf"}), HasSubstr("must be a number"));
}

TEST(Arguments, RefusesAValueForAFlag) {
  EXPECT_THAT(ErrorOf({"--events=yes"}), HasSubstr("takes no value"));
}

TEST(Arguments, RefusesAnOptionGivenTwice) {
  EXPECT_THAT(ErrorOf({"--out", "a", "--out", "b"}), HasSubstr("--out is given twice"));
}

TEST(Arguments, RefusesPositionalArguments) {
  EXPECT_THAT(ErrorOf({"config.toml"}), HasSubstr("unexpected argument \"config.toml\""));
}

TEST(Arguments, HelpAlignsTheColumns) {
  Parsed parsed;
  EXPECT_THAT(OptionsHelp(OptionsOf(parsed)), HasSubstr("  --events     print events\n"
                                                        "  --threads N  clients at a time\n"));
}

}  // namespace
}  // namespace fedround
