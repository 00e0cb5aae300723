#include "common/config/problems.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace fedround::config
