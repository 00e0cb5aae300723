#include "common/config/problems.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace fedround::config {
namespace {

TEST(Problems, AreOkWhenEmpty) { EXPECT_TRUE(Problems().ToStatus().ok()); }

TEST(Problems, StandAtTheNearestPlaceAbove) {
  Problems problems;
  problems.Locate("model", {"a.toml", 1, 2}, {"a.toml", 1, 1});
  problems.Locate("model.hidden", {"a.toml", 2, 1}, {"a.toml", 2, 10});
  problems.Add("model.hidden[1]", "0", "must be >= 1");
  EXPECT_EQ(problems.ToStatus().message(), "a.toml:2:10: model.hidden[1] = 0: must be >= 1");
}

TEST(Problems, OfAKeyStandAtTheKey) {
  Problems problems;
  problems.Locate("fold", {"a.toml", 1, 2}, {"a.toml", 1, 1});
  problems.AddKey("fold", "too large");
  EXPECT_EQ(problems.ToStatus().message(), "a.toml:1:2: fold: too large");
}

TEST(Problems, HideLaterOnesAtTheSamePath) {
  Problems problems;
  problems.Add("run.rounds", "-1", "first");
  problems.Add("run.rounds", "-1", "second");
  EXPECT_EQ(problems.ToStatus().message(), "run.rounds = -1: first");
}

TEST(Problems, HideLaterOnesBelow) {
  Problems problems;
  problems.Add("run", "3", "must be a table");
  problems.Add("run.rounds", "-1", "must be >= 0");
  EXPECT_EQ(problems.ToStatus().message(), "run = 3: must be a table");
}

TEST(Problems, DoNotHideNamesThatOnlyStartAlike) {
  Problems problems;
  problems.Add("run", "3", "must be a table");
  problems.Add("runs", "3", "unknown");
  EXPECT_EQ(problems.ToStatus().message(), "run = 3: must be a table\nruns = 3: unknown");
}

TEST(Problems, CountThoseThatHide) {
  Problems problems;
  problems.Add("a[1].b", "", "first");
  problems.Add("a[1].b[2].c", "", "below");
  problems.Add("a[10].b", "", "another");
  EXPECT_EQ(problems.ToStatus().message(), "a[1].b: first\na[10].b: another");
}

// If each were held against all before it, this would take minutes.
TEST(Problems, OfManyKeysAreCounted) {
  Problems problems;
  constexpr int kMany = 200'000;
  for (int i = 0; i < kMany; ++i) problems.AddKey(absl::StrCat("x", i), "unknown key");
  const std::vector<std::string> lines =
      absl::StrSplit(std::string(problems.ToStatus().message()), '\n');
  ASSERT_EQ(lines.size(), Problems::kMaxReported + 1);
  EXPECT_EQ(lines.back(), absl::StrCat("and ", kMany - Problems::kMaxReported, " more"));
}

TEST(OriginOfOverride, IsNoLongerThanALine) {
  EXPECT_EQ(OriginOfOverride("run.rounds", "20").source, "--set run.rounds=20");
  EXPECT_EQ(OriginOfOverride("a", std::string(100'000, '1')).source,
            absl::StrCat("--set a=", std::string(57, '1'), "..."));
}

}  // namespace
}  // namespace fedround::config
