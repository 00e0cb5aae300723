#include "experiments/cli/text/eval_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace fedround::cli {
namespace {

using ::testing::ElementsAre;

analysis::Scores Two() {
  return {.dataset = "mnist",
          .examples = 10'000,
          .paths = {"a.safetensors", "runs/b/model.safetensors"},
          .models = {{0.5, 2}, {0.25, 12.3456}},
          .mean = {0.375, 7.1728},
          .ensemble = {0.75, 1}};
}

TEST(EvalText, IsATable) {
  EXPECT_THAT(EvalLines(Two(), false),
              ElementsAre("mnist, 10000 test examples  accuracy      loss",
                          "a.safetensors                 0.5000    2.0000",
                          "runs/b/model.safetensors      0.2500   12.3456",
                          "mean member                   0.3750    7.1728",
                          "ensemble                      0.7500    1.0000"));
}

TEST(EvalText, OfOneModelHasNoEnsemble) {
  analysis::Scores one = Two();
  one.paths.pop_back();
  EXPECT_EQ(EvalLines(one, false).size(), 2U);
  EXPECT_EQ(EvalJson(one).size(), 1U);
}

TEST(EvalText, OfNoTestExamplesHasNoNumbers) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const analysis::Scores none = {.dataset = "npz",
                                 .examples = 0,
                                 .paths = {"a"},
                                 .models = {{kNone, kNone}},
                                 .mean = {},
                                 .ensemble = {}};
  EXPECT_THAT(EvalLines(none, false), ElementsAre("npz, 0 test examples  accuracy      loss",
                                                  "a                            -         -"));
  EXPECT_THAT(EvalJson(none),
              ElementsAre(R"({"of":"model","model":"a","dataset":"npz","examples":0,)"
                          R"("accuracy":null,"loss":null})"));
}

TEST(EvalText, OnATerminalOnlyAddsColour) {
  const std::vector<std::string> lines = EvalLines(Two(), true);
  EXPECT_EQ(lines[0], "\x1b[1m" + EvalLines(Two(), false)[0] + "\x1b[0m");
  EXPECT_EQ(lines[1], EvalLines(Two(), false)[1]);
}

TEST(EvalText, IsJsonForPrograms) {
  analysis::Scores scores = Two();
  scores.mean.loss = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(EvalJson(scores),
              ElementsAre(R"({"of":"model","model":"a.safetensors","dataset":"mnist",)"
                          R"("examples":10000,"accuracy":0.5,"loss":2.0})",
                          R"({"of":"model","model":"runs/b/model.safetensors","dataset":"mnist",)"
                          R"("examples":10000,"accuracy":0.25,"loss":12.3456})",
                          R"({"of":"mean","dataset":"mnist","examples":10000,"accuracy":0.375,)"
                          R"("loss":null})",
                          R"({"of":"ensemble","dataset":"mnist","examples":10000,)"
                          R"("accuracy":0.75,"loss":1.0})"));
}

}  // namespace
}  // namespace fedround::cli
