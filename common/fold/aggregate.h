// What the answers of a round are folded into: the one place where clients meet.
//
// Each vector of an update is summed on the grid with the weight that the update's layout says; beside
// the vectors stand exact integer sums of scalars. If the layout says so, updates are kept instead of
// summed. Legal order: Add or Keep, and Merge, in any order and number; then read; Reset for the
// next round. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/fold/grid.h"
#include "common/fold/kept.h"
#include "common/fold/sums.h"
#include "common/round/update_layout.h"

namespace fedround::fold {

// An answer whose vectors were all found to be on the grid.
struct Answer {
  std::span<const float> values;  // its vectors, one after the other
  std::uint64_t weight = 0;
  std::span<const std::uint64_t> scalars;  // in the layout's order
};

class Aggregate {
 public:
  // `grid` must have passed CheckGrid.
  Aggregate(const Grid& grid, const UpdateLayout& layout);

  void Reset();
  // The caller keeps the total weight within grid.max_total_weight, and scalars within their limits.
  void Add(std::span<const Answer> answers);
  // Instead of Add, where updates are kept.
  void Keep(Kept::Update update);
  // Of other clients, with the same grid and layout.
  void Merge(Aggregate&& other);

  std::uint64_t answers() const { return answers_; }
  std::uint64_t total_weight() const { return total_weight_; }
  // Of the vector at this place of the layout.
  const Sums& sums(std::size_t vector) const { return sums_[vector]; }
  // The sum of weight * scalar, for the scalar at this place of the layout.
  std::uint64_t scalar(std::size_t scalar) const { return scalars_[scalar]; }
  // Where updates are kept: by client, ascending.
  std::span<const Kept::Update> kept() const { return kept_.updates(); }
  std::vector<Kept::Update> TakeKept() { return kept_.Take(); }

  // All of it, for another process.
  std::string Serialize() const;
  // In the place of what was folded here. Errors: INVALID_ARGUMENT, after which it must be Reset, for
  // bytes that Serialize of an aggregate with this grid and layout never writes.
  absl::Status Restore(absl::string_view bytes);

 private:
  absl::Status CheckTotals() const;

  Grid grid_;
  UpdateLayout layout_;
  std::vector<Sums> sums_;  // by vector; empty where updates are kept
  std::vector<std::uint64_t> scalars_;
  Kept kept_;
  std::uint64_t answers_ = 0;
  std::uint64_t total_weight_ = 0;
};

}  // namespace fedround::fold
