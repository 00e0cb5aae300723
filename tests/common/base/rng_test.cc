#include "common/base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace fedround {
namespace {

using Block = std::array<std::uint32_t, 4>;

// The known answers of the authors' library, Random123 (kat_vectors, philox4x32 10).
TEST(Philox, MeetsTheKnownAnswers) {
  EXPECT_EQ(Philox4x32({0, 0, 0, 0}, {0, 0}),
            (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(Philox4x32({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Rng, EveryKeyFieldGivesAnotherStream) {
  const std::uint32_t first = Rng(1, RngPurpose::kCohort, 2, 3).NextUint32();
  EXPECT_NE(Rng(2, RngPurpose::kCohort, 2, 3).NextUint32(), first);
  EXPECT_NE(Rng(1, RngPurpose::kDropout, 2, 3).NextUint32(), first);
  EXPECT_NE(Rng(1, RngPurpose::kCohort, 4, 3).NextUint32(), first);
  EXPECT_NE(Rng(1, RngPurpose::kCohort, 2, 4).NextUint32(), first);
  EXPECT_NE(Rng(1 + (std::uint64_t{1} << 32), RngPurpose::kCohort, 2, 3).NextUint32(), first);
}

TEST(Rng, BelowIsUniform) {
  Rng rng(1, RngPurpose::kPartition);
  std::vector<int> counts(6);
  for (int i = 0; i < 60000; ++i) ++counts[rng.Below(6)];
  double chi_squared = 0;
  for (const int count : counts) chi_squared += (count - 10000.0) * (count - 10000.0) / 10000.0;
  EXPECT_LT(chi_squared, 20.5);  // 99.9 % of chi^2 with 5 degrees of freedom
}

TEST(Rng, NormalHasItsMoments) {
  Rng rng(3, RngPurpose::kInitialWeights);
  constexpr int kDraws = 200000;
  double sum = 0, squares = 0, fourth = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = rng.NextNormal();
    sum += x;
    squares += x * x;
    fourth += x * x * x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.01);
  EXPECT_NEAR(squares / kDraws, 1, 0.015);
  EXPECT_NEAR(fourth / kDraws, 3, 0.1);
}

TEST(Rng, GammaHasItsMeanAndVariance) {
  for (const double shape : {0.1, 0.5, 1.0, 4.0}) {
    Rng rng(5, RngPurpose::kPartition);
    constexpr int kDraws = 100000;
    double sum = 0, squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double x = rng.NextGamma(shape);
      sum += x;
      squares += x * x;
    }
    const double mean = sum / kDraws;
    EXPECT_NEAR(mean / shape, 1, 0.04) << shape;
    EXPECT_NEAR((squares / kDraws - mean * mean) / shape, 1, 0.08) << shape;
  }
}

TEST(Shuffle, IsAPermutation) {
  std::vector<std::uint32_t> values(1000);
  std::iota(values.begin(), values.end(), 0U);
  Rng rng(1, RngPurpose::kBatchOrder);
  Shuffle(values, rng);
  EXPECT_FALSE(std::is_sorted(values.begin(), values.end()));
  std::sort(values.begin(), values.end());
  for (std::uint32_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], i);
}

}  // namespace
}  // namespace fedround
