// The one place where clients are summed.
//
// Legal order: Add and Merge in any order and number; WriteMean; Reset for the next round. Not
// thread-safe. Partial sums of disjoint sets of clients merge exactly, so a relay can fold for its
// own clients.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/base/aligned_buffer.h"
#include "common/fold/grid.h"
#include "common/kernels/quantise.h"

namespace fedround::fold {

struct WeightedUpdate {
  std::span<const float> values;  // [Q], already found by CheckOnGrid to be on the grid
  std::uint64_t weight = 0;
};

class Accumulator {
 public:
  // `grid` must have passed CheckGrid.
  Accumulator(const Grid& grid, std::size_t size);

  void Reset();
  // Adds weight * update for each of them, four per pass over the sums. The caller keeps the total
  // weight within grid.max_total_weight: then no sum can overflow.
  void Add(std::span<const WeightedUpdate> updates);
  void Merge(const Accumulator& other);

  std::uint64_t total_weight() const { return total_weight_; }
  std::span<const std::int64_t> sums() const { return sums_.span(); }

  // mean [Q] = sums / (total_weight * 2^scale_bits). total_weight() > 0.
  void WriteMean(std::span<float> mean) const;

 private:
  Grid grid_;
  AlignedBuffer<std::int64_t> sums_;
  std::uint64_t total_weight_ = 0;
};

}  // namespace fedround::fold
