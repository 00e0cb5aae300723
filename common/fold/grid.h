// The fixed-point grid on which updates are summed.
//
// x becomes q = round(x * 2^scale_bits), to nearest, ties to even; clients are summed as weight * q
// in int64. Sums of integers are exact, so the result depends neither on the order of arrival nor
// on how many threads, processes or relays took part. Error of the mean: at most
// 2^-(scale_bits+1) per parameter.
#pragma once

#include <cstdint>
#include <span>

#include "absl/status/status.h"

namespace fedround::fold {

struct Grid {
  std::uint32_t scale_bits = 32;
  double max_abs = 16;
  std::uint64_t max_total_weight = std::uint64_t{1} << 26;

  double scale() const { return static_cast<double>(std::uint64_t{1} << scale_bits); }
};

// INVALID_ARGUMENT unless 1 <= scale_bits <= 40, max_abs * 2^scale_bits < 2^51 (so that rounding is
// exact) and 2^scale_bits * max_abs * max_total_weight < 2^63 (so that no sum overflows).
absl::Status CheckGrid(const Grid& grid);

// INVALID_ARGUMENT if an entry is not finite or beyond +-max_abs; the message names the index of
// the first such entry (counted from `first_index`) and its value.
absl::Status CheckOnGrid(std::span<const float> update, const Grid& grid,
                         std::uint64_t first_index = 0);

}  // namespace fedround::fold
