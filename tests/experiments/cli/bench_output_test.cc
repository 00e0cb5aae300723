#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "experiments/cli/text/bench_json.h"
#include "experiments/cli/text/bench_text.h"

namespace fedround::cli {
namespace {

using bench::Estimate;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

bench::StepRow Row(const std::string& activation, double share) {
  return {.activation = activation,
          .kernel = "fast",
          .us_per_step = {50, 49, 51},
          .samples_per_s = {200'000, 196'000, 204'000},
          .gflops = {176, 172, 180},
          .peak_ratio = {0.75, 0.74, 0.76},
          .l2_ratio = {0.25, 0.24, 0.26},
          .activation_share = {share, share - 0.01, share + 0.01}};
}

bench::StepCase Case() {
  bench::StepCase result{.model = "2nn",
                         .data = "synthetic",
                         .batch = 10,
                         .flops_per_sample = 879'200,
                         .input_density = 1,
                         .turns = 60};
  result.limits.fill({230, 229, 231});
  result.rows = {Row("identity", 0), Row("relu", 0.005), Row("gelu", 0.04)};
  result.differences = {{"relu", "relu", {0.001, -0.002, 0.003}},
                        {"gelu", "relu", {0.03, 0.02, 0.04}}};
  result.peer = bench::StepPeer{"oneDNN 2.6.3", {160'000, 159'000, 161'000}, {1.25, 1.2, 1.3}};
  return result;
}

bench::ActivationCase Activation() {
  const bench::PassCost forward{{0.2, 0.19, 0.21}, Estimate{10, 9, 11}, Estimate{1.5, 1.4, 1.6}};
  const bench::PassCost theirs{{0.1, 0.09, 0.11}, Estimate{5, 4, 6}, std::nullopt};
  return {.activation = "gelu",
          .elements = 2000,
          .turns = 100,
          .rows = {{"fast", forward, forward}, {"eigen", theirs, theirs}},
          .control = {1.001, 0.99, 1.01}};
}

// One that Eigen wins, one that is ours.
std::vector<bench::PlanCell> Plan() {
  const bench::PlanRow ours{"ours", {120, 119, 121}, {1, 1, 1}};
  return {{.product = bench::Product::kForward,
           .shape = {10, 784, 200},
           .turns = 60,
           .rows = {ours, {"Eigen 3.4.0", {150, 149, 151}, {1.25, 1.2, 1.3}}},
           .control = {1.001, 0.99, 1.01}},
          {.product = bench::Product::kWeightGradient,
           .shape = {128, 200, 200},
           .turns = 60,
           .rows = {ours, {"Eigen 3.4.0", {60, 59, 61}, {0.5, 0.4, 0.6}}},
           .control = {0.998, 0.99, 1.01}}};
}

std::vector<json> Parsed(const std::vector<std::string>& objects) {
  std::vector<json> parsed;
  for (const std::string& object : objects) parsed.push_back(json::parse(object));
  return parsed;
}

json Find(const std::vector<json>& objects, const std::string& key, const std::string& value) {
  const auto found = std::ranges::find_if(
      objects, [&](const json& object) { return object.value(key, "") == value; });
  return found == objects.end() ? json() : *found;
}

std::vector<std::string> Keys(const json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

TEST(BenchJson, AStepHasItsKeys) {
  const json gelu = Find(Parsed(StepCaseObjects(Case())), "activation", "gelu");
  EXPECT_THAT(
      Keys(gelu),
      ElementsAre("activation", "activation_share", "activation_share_interval", "batch", "data",
                  "flops_per_sample", "gflops", "gflops_interval", "input_density", "kernel",
                  "l2_ratio", "l2_ratio_interval", "model", "pass", "peak_ratio",
                  "peak_ratio_interval", "row", "samples_per_s", "samples_per_s_interval",
                  "significant", "turns", "us_per_step", "us_per_step_interval", "weights"));
  EXPECT_EQ(gelu["row"], "step");
  EXPECT_EQ(gelu["pass"], "train");
  EXPECT_EQ(gelu["weights"], "initial");
  EXPECT_EQ(gelu["samples_per_s"], 200'000);
  EXPECT_EQ(gelu["peak_ratio_interval"], json({0.74, 0.76}));
  EXPECT_EQ(gelu["significant"], true);
}

TEST(BenchJson, SaysWhichDifferencesAreSignificant) {
  const std::vector<json> objects = Parsed(StepCaseObjects(Case()));
  EXPECT_EQ(Find(objects, "a", "relu")["significant"], false);
  EXPECT_EQ(Find(objects, "a", "gelu")["significant"], true);
  EXPECT_EQ(Find(objects, "a", "gelu")["share"], 0.03);
}

TEST(BenchJson, HasLimitsAndPeer) {
  const std::vector<json> objects = Parsed(StepCaseObjects(Case()));
  EXPECT_EQ(Find(objects, "limit", "fma_gflops")["value"], 230);
  EXPECT_EQ(Find(objects, "row", "peer")["peer"], "oneDNN 2.6.3");
  EXPECT_EQ(Find(objects, "row", "peer")["ratio"], 1.25);
}

TEST(BenchJson, AnActivationHasItsKeys) {
  const std::vector<json> objects = Parsed(ActivationCaseObjects(Activation()));
  EXPECT_THAT(Keys(Find(objects, "kernel", "fast")),
              ElementsAre("activation", "backward_ns", "backward_ns_interval", "backward_of_peer",
                          "backward_of_peer_interval", "backward_of_relu",
                          "backward_of_relu_interval", "elements", "forward_ns",
                          "forward_ns_interval", "forward_of_peer", "forward_of_peer_interval",
                          "forward_of_relu", "forward_of_relu_interval", "kernel", "row", "turns"));
  EXPECT_FALSE(Find(objects, "kernel", "eigen").contains("forward_of_peer"));
  EXPECT_EQ(Find(objects, "row", "control")["ratio"], 1.001);
}

// Copies that vary by more than a pass takes would make it negative, and its ratio anything.
bench::ActivationCase Unresolved() {
  bench::ActivationCase result = Activation();
  result.rows[0].backward = {{-0.021, -0.03, 0.012}, std::nullopt, std::nullopt};
  return result;
}

TEST(BenchJson, OfATimeBelowTheResolutionThereIsABound) {
  const json fast = Find(Parsed(ActivationCaseObjects(Unresolved())), "kernel", "fast");
  EXPECT_EQ(fast["backward_below_ns"], 0.03);
  EXPECT_FALSE(fast.contains("backward_ns"));
  EXPECT_FALSE(fast.contains("backward_of_relu"));
}

TEST(BenchText, OfATimeBelowTheResolutionThereIsABound) {
  const std::string line = ActivationCaseLines(Unresolved()).front();
  EXPECT_THAT(line, ::testing::HasSubstr("< 0.030                      -      -"));
  EXPECT_THAT(line, ::testing::Not(::testing::HasSubstr("-0.0")));
}

TEST(BenchJson, APlanHasItsCellsAndItsCount) {
  const std::vector<json> objects = Parsed(PlanObjects(Plan(), {"oneDNN: none"}));
  EXPECT_THAT(Keys(Find(objects, "library", "Eigen 3.4.0")),
              ElementsAre("batch", "gflops", "gflops_interval", "in", "library", "out", "product",
                          "ratio", "ratio_interval", "row", "turns"));
  EXPECT_EQ(Find(objects, "library", "Eigen 3.4.0")["ratio"], 1.25);
  EXPECT_EQ(Find(objects, "row", "control")["ratio"], 1.001);
  const json plan = Find(objects, "row", "plan");
  EXPECT_EQ(plan["cells"], 2);
  EXPECT_EQ(plan["cells_another_wins"], 1);
  EXPECT_EQ(plan["left_out"], json({"oneDNN: none"}));
}

TEST(BenchText, ShowsACaseOfSteps) {
  EXPECT_THAT(
      StepCaseLines(Case()),
      ElementsAre(
          "2nn, batch 10, initial weights, training: synthetic (100 % of inputs not 0), 879 kFLOP "
          "per sample; 60 turns",
          HasSubstr("multiply-add 230.0 GFLOP/s; L2 read 230, update 230; memory read 230.0 GB/s"),
          HasSubstr("of peak"), HasSubstr("75.0 %"),
          HasSubstr("+0.50 % [-0.50, +1.50] (not significant)"),
          ::testing::EndsWith("+4.00 % [+3.00, +5.00]"),
          "  relu again - relu     +0.10 % [-0.20, +0.30] of a step: not significant",
          "  gelu - relu           +3.00 % [+2.00, +4.00] of a step: significant",
          "  oneDNN 2.6.3          160000 [159000, 161000] samples/s; relu / it 1.25 [1.20, "
          "1.30]"));
}

TEST(BenchText, HoldsABatchOfOneAgainstTheCache) {
  bench::StepCase result = Case();
  result.batch = 1;
  const std::vector<std::string> lines = StepCaseLines(result);
  EXPECT_THAT(lines[2], HasSubstr("of L2"));
  EXPECT_THAT(lines[3], HasSubstr("25.0 %"));
}

TEST(BenchText, SaysHowLongTenThousandSamplesTake) {
  bench::StepCase result = Case();
  result.pass = bench::Pass::kForward;
  EXPECT_EQ(StepCaseLines(result).back(), "  10000 samples with relu, fast: 50.00 ms");
}

TEST(BenchText, ShowsActivationsInColumns) {
  const std::vector<std::string> heading = ActivationHeading(2000);
  const std::vector<std::string> lines = ActivationCaseLines(Activation());
  ASSERT_EQ(lines.size(), 2);
  EXPECT_EQ(lines[0].find("1.50"), heading[1].find("/ peer") + 2);
  EXPECT_THAT(lines[0], ::testing::EndsWith("1.001 [0.990, 1.010]"));
  EXPECT_THAT(lines[1], HasSubstr("eigen     0.100 [0.090, 0.110]     5.0      -"));
}

TEST(BenchText, ShowsAPlanInColumns) {
  const std::vector<std::string> heading = PlanHeading(Plan()[0]);
  const std::string won = PlanCellLine(Plan()[0]);
  EXPECT_EQ(won,
            "  forward          784 -> 200     10   120.0         150.0  1.25 [1.20, 1.30]  "
            "Eigen 3.4.0 *");
  EXPECT_EQ(heading[1].find("fastest"), won.find("Eigen"));
  EXPECT_EQ(PlanCellLine(Plan()[1]),
            "  weight gradient  200 -> 200    128   120.0          60.0  0.50 [0.40, 0.60]  ours");
}

TEST(BenchText, SaysWhatThePlanIsAndWhatSpeaksAgainstIt) {
  EXPECT_THAT(
      PlanLines(Plan(), {"oneDNN: none"}),
      ElementsAre(HasSubstr("plan: every product by our tiles (common/kernels/simd, "),
                  "  another library would win 1 of 2 cells by more than 3 % (*)",
                  "  control, ours again / ours: 0.998 to 1.001", "  left out: oneDNN: none"));
}

}  // namespace
}  // namespace fedround::cli
