// Who wins is decided on fixed numbers; no test asserts a time.
#include "experiments/bench/plan_contest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "absl/strings/str_cat.h"

namespace fedround::bench {
namespace {

using ::testing::ElementsAre;

PlanCell Cell(Estimate eigen, Estimate one_dnn) {
  return {.rows = {{"ours", {100, 99, 101}, {1, 1, 1}},
                   {"eigen", {100, 99, 101}, eigen},
                   {"oneDNN", {100, 99, 101}, one_dnn}}};
}

TEST(Plan, NamesTheFastest) {
  EXPECT_EQ(FastestOf(Cell({0.9, 0.8, 1.2}, {0.99, 0.98, 1.3})).library, "ours");
  EXPECT_EQ(FastestOf(Cell({1.2, 1.1, 1.3}, {1.3, 1.2, 1.4})).library, "oneDNN");
}

TEST(Plan, ALibraryWinsByMoreThanThreePercent) {
  EXPECT_TRUE(AnotherWins(Cell({1.031, 1.01, 1.05}, {0.5, 0.4, 0.6})));
  EXPECT_FALSE(AnotherWins(Cell({1.029, 1.02, 1.05}, {0.5, 0.4, 0.6})));
}

TEST(Plan, NobodyWinsByChance) {
  EXPECT_FALSE(AnotherWins(Cell({1.2, 0.99, 1.4}, {0.5, 0.4, 0.6})));
}

// The control is the first library once more: with two libraries each product is one of three.
TEST(PlanContest, RunsEveryCell) {
  int calls = 0;
  const std::vector<DenseLibrary> libraries = {
      {"ours", [&calls](Product, const DenseOperands&) { ++calls; }},
      {"other", [](Product, const DenseOperands&) {}}};
  std::vector<std::string> seen;
  RunPlanContests({.batches = {1, 3}, .budget_ns = 0}, libraries, [&](const PlanCell& cell) {
    seen.push_back(
        absl::StrCat(ProductName(cell.product), " ", cell.shape.in, " ", cell.shape.batch));
    EXPECT_GT(calls, 0);
    calls = 0;
    ASSERT_EQ(cell.rows.size(), 2);
    EXPECT_EQ(cell.rows[0].ratio.low, 1);
    EXPECT_NE(cell.control.low, cell.control.high);  // two variants, not one
  });
  EXPECT_THAT(seen,
              ElementsAre("forward 784 1", "forward 784 3", "forward 200 1", "forward 200 3",
                          "input gradient 784 1", "input gradient 784 3", "input gradient 200 1",
                          "input gradient 200 3", "weight gradient 784 1", "weight gradient 784 3",
                          "weight gradient 200 1", "weight gradient 200 3"));
}

std::vector<float> ResultOf(const DenseLibrary& library, Product product,
                            const kernels::DenseShape& shape) {
  DenseBuffers buffers(shape);
  DenseOperands operands = buffers.operands();
  operands.scale = -0.5F;
  library.compute(product, operands);
  std::vector<float> result;
  for (const std::span<const float> part : {operands.z, operands.dx, operands.w, operands.b}) {
    result.insert(result.end(), part.begin(), part.end());
  }
  return result;
}

// Sums of up to 60 terms of order 1: float's error times a few.
TEST(DenseLibraries, AllComputeOurProducts) {
  const std::vector<DenseLibrary> libraries = FindDenseLibraries().all;
  for (const Product product : kProducts) {
    for (const kernels::DenseShape shape : {kernels::DenseShape{1, 33, 60}, {7, 60, 19}}) {
      const std::vector<float> ours = ResultOf(libraries.front(), product, shape);
      for (const DenseLibrary& library : libraries) {
        const std::vector<float> theirs = ResultOf(library, product, shape);
        for (std::size_t i = 0; i < ours.size(); ++i) {
          ASSERT_NEAR(theirs[i], ours[i], 2e-5)
              << library.name << ", " << ProductName(product) << ", batch " << shape.batch;
        }
      }
    }
  }
}

}  // namespace
}  // namespace fedround::bench
