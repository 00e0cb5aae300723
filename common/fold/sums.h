// Sums over clients on the grid: exact, so in whatever order.
//
// Legal order: Add and Merge in any order and number; WriteMean; Reset for the next round. Not
// thread-safe. Partial sums of disjoint sets of clients merge exactly, so a relay can fold for its
// own clients.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/base/aligned_buffer.h"
#include "common/fold/grid.h"
#include "common/kernels/quantise.h"

namespace fedround::fold {

struct WeightedUpdate {
  std::span<const float> values;  // [Q], already found by CheckOnGrid to be on the grid
  std::uint64_t weight = 0;
};

class Sums {
 public:
  // `grid` must have passed CheckGrid.
  Sums(const Grid& grid, std::size_t size);

  void Reset();
  // Adds weight * update for each of them, four per pass over the sums. The caller keeps the total
  // weight within grid.max_total_weight: then no sum can overflow.
  void Add(std::span<const WeightedUpdate> updates);
  void Merge(const Sums& other);

  std::uint64_t total_weight() const { return total_weight_; }
  std::span<const std::int64_t> sums() const { return sums_.span(); }

  // mean [Q] = sums / (total_weight * 2^scale_bits). total_weight() > 0.
  void WriteMean(std::span<float> mean) const { WriteShare(total_weight_, mean); }
  // The same with another divisor, > 0, in the place of the total weight: all clients', for example,
  // of which only some were summed.
  void WriteShare(std::uint64_t divisor, std::span<float> share) const;

  // Appends all that is summed, for another process that has the same grid.
  void AppendTo(std::string& bytes) const;
  // Takes from the front of `bytes` what AppendTo wrote, in the place of what was summed here.
  // Errors: INVALID_ARGUMENT, with nothing changed, if it is too short, of another size, or beyond
  // what the grid allows.
  absl::Status TakeFrom(absl::string_view& bytes);

 private:
  Grid grid_;
  AlignedBuffer<std::int64_t> sums_;
  std::uint64_t total_weight_ = 0;
};

}  // namespace fedround::fold
