#include "common/fold/grid.h"

#include <bit>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "common/kernels/quantise.h"

namespace fedround::fold {

absl::Status CheckGrid(const Grid& grid) {
  if (grid.scale_bits < 1 || grid.scale_bits > 40) {
    return absl::InvalidArgumentError(
        absl::StrCat("fold.scale_bits = ", grid.scale_bits, ": must be in [1, 40]"));
  }
  if (!(grid.max_abs > 0) || grid.max_abs * grid.scale() >= 0x1p51) {
    return absl::InvalidArgumentError(
        absl::StrCat("fold.max_abs = ", grid.max_abs,
                     ": must be above 0, and max_abs * 2^scale_bits below 2^51"));
  }
  const double bits = std::log2(grid.max_abs) + grid.scale_bits +
                      std::log2(static_cast<double>(grid.max_total_weight));
  if (grid.max_total_weight == 0 || bits >= 63) {
    return absl::InvalidArgumentError(
        absl::StrCat("fold: scale_bits = ", grid.scale_bits, ", max_abs = ", grid.max_abs,
                     " and max_total_weight = ", grid.max_total_weight, " need ", bits,
                     " bits; a sum has 63: lower one of them"));
  }
  return absl::OkStatus();
}

absl::Status CheckOnGrid(std::span<const float> update, const Grid& grid,
                         std::uint64_t first_index) {
  // Rounded towards 0, never above max_abs: the bound on the sums depends on that.
  float limit = static_cast<float>(grid.max_abs);
  if (static_cast<double>(limit) > grid.max_abs) limit = std::nextafter(limit, 0.0F);
  if (kernels::AllWithin(update, limit)) return absl::OkStatus();
  for (std::size_t i = 0; i < update.size(); ++i) {
    if (std::abs(update[i]) <= limit) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "entry ", first_index + i, " is ", update[i],
        std::isfinite(update[i]) ? absl::StrCat("; fold.max_abs = ", grid.max_abs,
                                                ": lower training.learning_rate or scale the "
                                                "inputs (data.scale)")
                                 : "; every entry must be finite"));
  }
  return absl::OkStatus();
}

}  // namespace fedround::fold
