// Sets of whole numbers as people write them: "0-4,7".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fedround {

// The most numbers that one text may stand for.
inline constexpr std::uint64_t kMaxRangeNumbers = 10'000'000;

// The numbers of `text`, ascending. Errors: INVALID_ARGUMENT if it is not such a list, a range runs
// backwards, a number comes twice, or there are more than kMaxRangeNumbers.
absl::StatusOr<std::vector<std::uint64_t>> ParseRanges(absl::string_view text);

// The shortest such text for `numbers`, which must be ascending: {0, 1, 2, 5} is "0-2,5".
std::string FormatRanges(std::span<const std::uint64_t> numbers);

}  // namespace fedround
