#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "common/base/rng.h"
#include "common/fold/sums.h"
#include "common/kernels/quantise.h"

namespace fedround::fold {
namespace {

constexpr Grid kGrid{.scale_bits = 32, .max_abs = 16, .max_total_weight = 1 << 26};

std::vector<float> RandomUpdate(std::size_t size, std::uint32_t client, double spread = 0.01) {
  Rng rng(1, RngPurpose::kSyntheticData, 0, client);
  std::vector<float> update(size);
  for (float& value : update) value = static_cast<float>(rng.NextNormal() * spread);
  return update;
}

TEST(CheckGrid, AcceptsTheDefaults) { EXPECT_TRUE(CheckGrid(Grid{}).ok()); }

TEST(CheckGrid, RefusesWhatCouldOverflow) {
  const absl::Status status =
      CheckGrid({.scale_bits = 36, .max_abs = 16, .max_total_weight = 1 << 26});
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_NE(status.message().find("66 bits"), absl::string_view::npos) << status;
}

TEST(CheckOnGrid, NamesTheFirstBadEntry) {
  std::vector<float> update(100, 1.0F);
  update[42] = std::numeric_limits<float>::quiet_NaN();
  update[77] = 100.0F;
  const absl::Status status = CheckOnGrid(update, kGrid, 1000);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_NE(status.message().find("entry 1042"), absl::string_view::npos) << status;
}

TEST(CheckOnGrid, AcceptsTheLimitItselfAndRefusesTheNextFloat) {
  std::vector<float> update{-16.0F, 16.0F, 0.0F, -0.0F, 1e-45F};
  EXPECT_TRUE(CheckOnGrid(update, kGrid).ok());
  update.push_back(std::nextafter(16.0F, 17.0F));
  EXPECT_FALSE(CheckOnGrid(update, kGrid).ok());
  update.back() = -std::numeric_limits<float>::infinity();
  EXPECT_FALSE(CheckOnGrid(update, kGrid).ok());
}

TEST(CheckOnGrid, NeverAllowsMoreThanALimitThatIsNoFloat) {
  const Grid grid{.scale_bits = 32, .max_abs = 15.9999999, .max_total_weight = 1};
  EXPECT_FALSE(CheckOnGrid(std::vector<float>{16.0F}, grid).ok());
}

TEST(Quantise, RoundsToNearestTiesToEven) {
  EXPECT_EQ(kernels::Quantise(0.5F, 1.0), 0);
  EXPECT_EQ(kernels::Quantise(1.5F, 1.0), 2);
  EXPECT_EQ(kernels::Quantise(-0.5F, 1.0), 0);
  EXPECT_EQ(kernels::Quantise(-2.5F, 1.0), -2);
  EXPECT_EQ(kernels::Quantise(2.75F, 1.0), 3);
  EXPECT_EQ(kernels::Quantise(-16.0F, kGrid.scale()), -(std::int64_t{16} << 32));
}

TEST(AddQuantised, EqualsTheReferenceOnOddLengthsAndAnyNumberOfUpdates) {
  for (const std::size_t size : {0U, 1U, 7U, 8U, 31U, 257U}) {
    for (std::uint32_t count = 0; count <= 9; ++count) {
      std::vector<std::vector<float>> updates;
      std::vector<kernels::WeightedSpan> spans;
      for (std::uint32_t k = 0; k < count; ++k) updates.push_back(RandomUpdate(size + 1, k, 3.0));
      // Unaligned on purpose.
      for (std::uint32_t k = 0; k < count; ++k) spans.push_back({updates[k].data() + 1, k + 1});
      std::vector<std::int64_t> fast(size, 5), plain(size, 5);
      kernels::AddQuantised(spans, kGrid.scale(), fast);
      kernels::AddQuantisedReference(spans, kGrid.scale(), plain);
      ASSERT_EQ(fast, plain) << size << " entries, " << count << " updates";
    }
  }
}

TEST(Sums, OrderAndGroupingNeverMatter) {
  constexpr std::size_t kSize = 1001;
  constexpr std::uint32_t kClients = 11;
  std::vector<std::vector<float>> updates;
  for (std::uint32_t k = 0; k < kClients; ++k) updates.push_back(RandomUpdate(kSize, k));
  std::vector<std::uint32_t> order(kClients);
  std::iota(order.begin(), order.end(), 0U);
  std::vector<float> first;
  for (std::uint64_t schedule = 0; schedule < 20; ++schedule) {
    Rng rng(schedule, RngPurpose::kArrivalOrder);
    Shuffle(order, rng);
    Sums accumulator(kGrid, kSize);
    for (std::size_t at = 0; at < order.size();) {
      std::vector<WeightedUpdate> group;
      for (std::uint32_t n = 1 + rng.Below(5); n > 0 && at < order.size(); --n, ++at) {
        group.push_back({updates[order[at]], order[at] + 1});
      }
      accumulator.Add(group);
    }
    std::vector<float> mean(kSize);
    accumulator.WriteMean(mean);
    if (schedule == 0) first = mean;
    ASSERT_EQ(mean, first) << "schedule " << schedule;
  }
}

TEST(Sums, MergeEqualsAddingAll) {
  const auto a = RandomUpdate(50, 1), b = RandomUpdate(50, 2);
  const WeightedUpdate both[] = {{a, 3}, {b, 4}};
  Sums whole(kGrid, 50), left(kGrid, 50), right(kGrid, 50);
  whole.Add(both);
  left.Add(std::span(both).first(1));
  right.Add(std::span(both).last(1));
  left.Merge(right);
  EXPECT_TRUE(std::equal(whole.sums().begin(), whole.sums().end(), left.sums().begin()));
  EXPECT_EQ(left.total_weight(), 7U);
}

TEST(Sums, MeanIsWithinTheGridsBound) {
  const auto a = RandomUpdate(1000, 1), b = RandomUpdate(1000, 2), c = RandomUpdate(1000, 3);
  const Grid coarse{.scale_bits = 12, .max_abs = 16, .max_total_weight = 1 << 20};
  Sums accumulator(coarse, 1000);
  const WeightedUpdate updates[] = {{a, 1}, {b, 2}, {c, 5}};
  accumulator.Add(updates);
  std::vector<float> mean(1000);
  accumulator.WriteMean(mean);
  const double bound = std::exp2(-13) * (1 + 1e-6);
  for (std::size_t i = 0; i < 1000; ++i) {
    const double exact = (a[i] + 2.0 * b[i] + 5.0 * c[i]) / 8.0;
    ASSERT_NEAR(mean[i], exact, bound) << i;
  }
}

TEST(Sums, ResetForgets) {
  const auto a = RandomUpdate(10, 1);
  Sums accumulator(kGrid, 10);
  const WeightedUpdate update[] = {{a, 1}};
  accumulator.Add(update);
  accumulator.Reset();
  EXPECT_EQ(accumulator.total_weight(), 0U);
  EXPECT_TRUE(std::all_of(accumulator.sums().begin(), accumulator.sums().end(),
                          [](std::int64_t sum) { return sum == 0; }));
}

}  // namespace
}  // namespace fedround::fold
