#include "common/fold/accumulator.h"

#include <algorithm>

#include "common/base/check.h"

namespace fedround::fold {

Accumulator::Accumulator(const Grid& grid, std::size_t size) : grid_(grid), sums_(size) { Reset(); }

void Accumulator::Reset() {
  std::fill_n(sums_.data(), sums_.size(), 0);
  total_weight_ = 0;
}

void Accumulator::Add(std::span<const WeightedUpdate> updates) {
  std::vector<kernels::WeightedSpan> spans;
  spans.reserve(updates.size());
  for (const WeightedUpdate& update : updates) {
    CHECK(update.values.size() == sums_.size());
    total_weight_ += update.weight;
    spans.push_back({update.values.data(), static_cast<std::int64_t>(update.weight)});
  }
  CHECK(total_weight_ <= grid_.max_total_weight);
  kernels::AddQuantised(spans, grid_.scale(), sums_.span());
}

void Accumulator::Merge(const Accumulator& other) {
  CHECK(other.sums_.size() == sums_.size());
  CHECK(other.grid_.scale_bits == grid_.scale_bits);
  total_weight_ += other.total_weight_;
  CHECK(total_weight_ <= grid_.max_total_weight);
  for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += other.sums_[i];
}

void Accumulator::WriteMean(std::span<float> mean) const {
  CHECK(total_weight_ > 0);
  CHECK(mean.size() == sums_.size());
  kernels::DivideSums(sums_.span(), static_cast<double>(total_weight_) * grid_.scale(), mean);
}

}  // namespace fedround::fold
