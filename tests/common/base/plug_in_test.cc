#include "common/base/plug_in.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace fedround {
namespace {

const OptionSpec kOptions[] = {
    {.name = "alpha", .default_value = 0.5, .help = "", .min = 0.0, .max = 10.0},
    {.name = "path", .default_value = std::string(), .help = "the file", .required = true},
    {.name = "count", .default_value = 3.0, .help = "", .min = 0, .max = 9, .whole = true},
    {.name = "flat", .default_value = false, .help = ""}};
const PlugInInfo kInfo = {"thing", "a thing", "", kOptions};

// "alpha = 11: must be in [0, 10]"; empty if nothing is wrong.
std::string ProblemOf(const PlugInOptions& options, const PlugInInfo& info = kInfo) {
  const auto problem = FindOptionProblem({"thing", options}, info);
  if (!problem.has_value()) return "";
  return absl::StrCat(problem->option, problem->value.empty() ? "" : " = ", problem->value, ": ",
                      problem->what);
}

TEST(PlugIn, IsFilledInWithDefaults) {
  const PlugIn whole = WithDefaults({"thing", {{"path", std::string("x")}}}, kInfo);
  EXPECT_EQ(whole.Text("path"), "x");
  EXPECT_EQ(whole.Number("alpha"), 0.5);
  EXPECT_FALSE(whole.Flag("flat"));
}

TEST(FindOptionProblem, FindsNone) { EXPECT_EQ(ProblemOf({{"path", std::string("x")}}), ""); }

TEST(FindOptionProblem, NamesTheNearestOption) {
  EXPECT_EQ(ProblemOf({{"alpa", 1.0}})
                .find("alpa: unknown option of \"thing\" \"alpa\"; did you "
                      "mean \"alpha\"?"),
            0U);
}

TEST(FindOptionProblem, OutOfRange) {
  EXPECT_EQ(ProblemOf({{"path", std::string("x")}, {"alpha", 11.0}}),
            "alpha = 11: must be in [0, 10]");
}

TEST(FindOptionProblem, AWrongType) {
  EXPECT_EQ(ProblemOf({{"path", std::string("x")}, {"flat", 1.0}}),
            "flat: must be true or false, not a number");
}

TEST(FindOptionProblem, AMissingText) {
  EXPECT_EQ(ProblemOf({}), "path: missing: the file");
  EXPECT_EQ(ProblemOf({{"path", std::string()}}), "path: missing: the file");
}

TEST(FindOptionProblem, HalfACount) {
  EXPECT_EQ(ProblemOf({{"path", std::string("x")}, {"count", 2.5}}),
            "count = 2.5: must be a whole number");
}

// Its default is out of range: it stands for none.
TEST(FindOptionProblem, AMissingNumberThatHasNoDefault) {
  static const OptionSpec kUnits[] = {
      {.name = "units", .default_value = 0.0, .help = "outputs", .min = 1, .max = 9}};
  EXPECT_EQ(ProblemOf({}, {"dense", "", "", kUnits}), "units: missing: outputs");
}

TEST(NearestName, IsSilentWhenNothingIsNear) {
  const absl::string_view names[] = {"relu", "tanh"};
  EXPECT_EQ(NearestName("rleu", names), "relu");
  EXPECT_EQ(NearestName("fourier", names), "");
}

}  // namespace
}  // namespace fedround
