#include "common/data/datasets/npz_labels.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/data/formats/npy.h"
#include "common/data/formats/npy_values.h"

namespace fedround::data {
namespace {

// Training and test labels must be numbered together: otherwise a class may get two numbers.
constexpr absl::string_view kNumberThem =
    "number them with np.unique(y, return_inverse=True)[1], y being the labels of training and "
    "test "
    "together";

absl::Status WrongItem(absl::string_view name, std::size_t row, const auto& item) {
  return absl::DataLossError(absl::StrCat(name, ": row ", row, ": ", item,
                                          ": labels must be whole numbers in [0, 2^32); ",
                                          kNumberThem));
}

template <typename Integer>
absl::StatusOr<std::vector<std::uint32_t>> FromIntegers(const NpyArray& array,
                                                        absl::string_view name) {
  std::vector<std::uint32_t> labels(array.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const Integer item = ItemAt<Integer>(array, i);
    if (!std::in_range<std::uint32_t>(item)) return WrongItem(name, i, item);
    labels[i] = static_cast<std::uint32_t>(item);
  }
  return labels;
}

std::vector<double> AsDoubles(const NpyArray& floats) {
  std::vector<double> doubles(floats.size());
  if (floats.dtype() == "f8") {
    for (std::size_t i = 0; i < doubles.size(); ++i) doubles[i] = ItemAt<double>(floats, i);
    return doubles;
  }
  std::vector<float> narrow(floats.size());
  ConvertToFloat(floats, narrow);
  std::ranges::copy(narrow, doubles.begin());
  return doubles;
}

absl::StatusOr<std::vector<std::uint32_t>> FromFloats(const NpyArray& array,
                                                      absl::string_view name) {
  std::vector<std::uint32_t> labels;
  labels.reserve(array.size());
  for (const double item : AsDoubles(array)) {
    const bool whole =
        item >= 0 && item <= std::numeric_limits<std::uint32_t>::max() && item == std::floor(item);
    if (!whole) return WrongItem(name, labels.size(), item);
    labels.push_back(static_cast<std::uint32_t>(item));
  }
  return labels;
}

// What to save instead of an array with this dtype.
std::string Advice(const NpyArray& array) {
  switch (array.NumpyKind()) {
    case 'U':
    case 'S':
      return std::string(kNumberThem);
    case 'O':
      return absl::StrCat("for numbers save y.astype(\"int64\"); anything else: ", kNumberThem);
    case 'V':
      return "save the field that is the label, y[\"NAME\"]";
    default:
      return "save y.astype(\"int64\")";
  }
}

absl::Status CheckLabelShape(const NpyArray& array, absl::string_view name) {
  if (array.shape.size() == 2 && array.shape[1] > 1) {
    return absl::DataLossError(
        absl::StrCat(name, ": ", array.Description(),
                     ": one label per example is needed; of one-hot rows save y.argmax(1)"));
  }
  return CheckColumn(array, name);
}

}  // namespace

absl::StatusOr<std::vector<std::uint32_t>> DecodeLabels(std::span<const std::byte> bytes,
                                                        absl::string_view name) {
  ASSIGN_OR_RETURN(const NpyArray array, ParseNpy(bytes, name));
  if (array.has_zero_extent()) return std::vector<std::uint32_t>();
  absl::StatusOr<std::vector<std::uint32_t>> labels = absl::DataLossError(
      absl::StrCat(name, ": ", array.Description(), ": labels must be integers; ", Advice(array)));
  const bool numbers = array.kind != 0 && array.kind != 'U' && array.kind != 'S';
  if (numbers) RETURN_IF_ERROR(CheckLabelShape(array, name));
  if (array.kind == 'f') return FromFloats(array, name);
  VisitIntegerType(array, [&](auto zero) { labels = FromIntegers<decltype(zero)>(array, name); });
  return labels;
}

}  // namespace fedround::data
