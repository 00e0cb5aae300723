#include "common/base/ranges.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace fedround {
namespace {

absl::Status BadRange(absl::string_view text, absl::string_view part, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", text, "\": ", why, " at \"", part, "\"; write it like 0-4,7"));
}

}  // namespace

absl::StatusOr<std::vector<std::uint64_t>> ParseRanges(absl::string_view text) {
  std::vector<std::uint64_t> numbers;
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    const std::pair<absl::string_view, absl::string_view> ends =
        absl::StrSplit(part, absl::MaxSplits('-', 1));
    const bool single = part.find('-') == absl::string_view::npos;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    if (!absl::SimpleAtoi(ends.first, &first) ||
        !absl::SimpleAtoi(single ? ends.first : ends.second, &last)) {
      return BadRange(text, part, "not a number or a range");
    }
    if (last < first) return BadRange(text, part, "the range runs backwards");
    if (last - first >= kMaxRangeNumbers - numbers.size()) {
      return BadRange(text, part, absl::StrCat("more than ", kMaxRangeNumbers, " numbers"));
    }
    const std::size_t before = numbers.size();
    numbers.resize(before + static_cast<std::size_t>(last - first) + 1);
    std::iota(numbers.begin() + static_cast<std::ptrdiff_t>(before), numbers.end(), first);
  }
  std::ranges::sort(numbers);
  if (const auto twice = std::ranges::adjacent_find(numbers); twice != numbers.end()) {
    return BadRange(text, absl::StrCat(*twice), "the same number twice");
  }
  return numbers;
}

std::string FormatRanges(std::span<const std::uint64_t> numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    absl::StrAppend(&text, text.empty() ? "" : ",", numbers[i]);
    if (end - i > 1) absl::StrAppend(&text, "-", numbers[end - 1]);
    i = end;
  }
  return text;
}

}  // namespace fedround
