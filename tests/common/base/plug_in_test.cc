#include "common/base/plug_in.h"

#include <gtest/gtest.h>

namespace fedround {
namespace {

const OptionSpec kOptions[] = {
    {.name = "alpha", .default_value = 0.5, .help = "", .min = 0.0, .max = 10.0},
    {.name = "path", .default_value = std::string(), .help = "the file", .required = true},
    {.name = "count", .default_value = 3.0, .help = "", .min = 0, .max = 9, .whole = true},
    {.name = "flat", .default_value = false, .help = ""}};
const PlugInInfo kInfo = {"thing", "a thing", "", kOptions};

TEST(ResolvePlugIn, FillsInDefaults) {
  const auto resolved = ResolvePlugIn({"thing", {{"path", std::string("x")}}}, kInfo);
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_EQ(resolved->Number("alpha"), 0.5);
  EXPECT_FALSE(resolved->Flag("flat"));
}

TEST(ResolvePlugIn, NamesTheNearestOption) {
  const auto resolved = ResolvePlugIn({"thing", {{"alpa", 1.0}}}, kInfo);
  EXPECT_NE(resolved.status().message().find("did you mean \"alpha\""), absl::string_view::npos)
      << resolved.status();
}

TEST(ResolvePlugIn, RefusesAValueOutOfRange) {
  const auto resolved =
      ResolvePlugIn({"thing", {{"path", std::string("x")}, {"alpha", 11.0}}}, kInfo);
  EXPECT_EQ(resolved.status().message(), "alpha = 11: must be in [0, 10]");
}

TEST(ResolvePlugIn, RefusesAWrongType) {
  const auto resolved =
      ResolvePlugIn({"thing", {{"path", std::string("x")}, {"flat", 1.0}}}, kInfo);
  EXPECT_EQ(resolved.status().message(), "flat must be true or false, not a number");
}

TEST(ResolvePlugIn, RefusesAMissingRequiredText) {
  EXPECT_EQ(ResolvePlugIn({"thing", {}}, kInfo).status().message(), "path is missing: the file");
}

TEST(ResolvePlugIn, RefusesHalfACount) {
  const auto resolved =
      ResolvePlugIn({"thing", {{"path", std::string("x")}, {"count", 2.5}}}, kInfo);
  EXPECT_EQ(resolved.status().message(), "count = 2.5: must be a whole number");
}

// Its default is out of range: it stands for none.
TEST(ResolvePlugIn, RefusesAMissingNumberThatHasNoDefault) {
  static const OptionSpec kUnits[] = {
      {.name = "units", .default_value = 0.0, .help = "outputs", .min = 1, .max = 9}};
  EXPECT_EQ(ResolvePlugIn({"dense", {}}, {"dense", "", "", kUnits}).status().message(),
            "units is missing: outputs");
}

TEST(NearestName, IsSilentWhenNothingIsNear) {
  const absl::string_view names[] = {"relu", "tanh"};
  EXPECT_EQ(NearestName("rleu", names), "relu");
  EXPECT_EQ(NearestName("fourier", names), "");
}

}  // namespace
}  // namespace fedround
