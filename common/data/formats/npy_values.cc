// In Fortran order the values of one row lie as far apart as the array has rows: read row by row,
// each value would cost a cache line. So kBlockRows rows are filled together, column after column,
// which uses the whole line.
#include "common/data/formats/npy_values.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "common/base/check.h"

namespace fedround::data {
namespace {

constexpr std::size_t kBlockRows = 16;

// The position of each column of a row among the columns of the file, in which the second axis
// varies fastest and the last one slowest.
std::vector<std::size_t> ColumnsInFile(std::span<const std::uint64_t> shape) {
  std::vector<std::size_t> columns = {0};
  std::size_t stride = 1;
  for (const std::uint64_t extent : shape.subspan(1)) {
    std::vector<std::size_t> longer;
    longer.reserve(columns.size() * extent);
    for (const std::size_t column : columns) {
      for (std::size_t i = 0; i < extent; ++i) longer.push_back(column + i * stride);
    }
    columns = std::move(longer);
    stride *= extent;
  }
  return columns;
}

// Whether the file has the items in the same order and form as memory.
bool IsAsInMemory(const NpyArray& array) {
  const bool one_axis = array.shape.size() < 2;
  return (one_axis || !array.fortran_order) && (array.item_bytes == 1 || !array.big_endian);
}

void CopyAll(std::span<const std::byte> from, std::span<std::byte> to) {
  CHECK(from.size() == to.size());
  std::ranges::copy(from, to.begin());
}

template <typename Item, typename Out, typename Convert>
void ConvertItems(const NpyArray& array, std::span<Out> out, const Convert& convert) {
  CHECK(out.size() == array.size());
  if (!array.fortran_order || array.shape.size() < 2) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = convert(ItemAt<Item>(array, i));
    return;
  }
  if (out.empty()) return;
  const std::size_t rows = array.shape[0];
  const std::vector<std::size_t> columns = ColumnsInFile(array.shape);
  for (std::size_t first = 0; first < rows; first += kBlockRows) {
    const std::size_t end = std::min(first + kBlockRows, rows);
    for (std::size_t column = 0; column < columns.size(); ++column) {
      for (std::size_t row = first; row < end; ++row) {
        out[row * columns.size() + column] =
            convert(ItemAt<Item>(array, columns[column] * rows + row));
      }
    }
  }
}

float Narrowed(double wide) {
  // NaN stays NaN.
  if (std::fabs(wide) > std::numeric_limits<float>::max()) {
    return std::copysign(std::numeric_limits<float>::infinity(), wide > 0 ? 1.0F : -1.0F);
  }
  return static_cast<float>(wide);
}

// binary16 of IEEE 754-2008: a sign, 5 bits of exponent, 10 of fraction.
float FromHalf(std::uint16_t half) {
  const int exponent = (half >> 10) & 0x1f;
  const int fraction = half & 0x3ff;
  float magnitude = 0;
  if (exponent == 0x1f) {
    magnitude = fraction == 0 ? std::numeric_limits<float>::infinity()
                              : std::numeric_limits<float>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(fraction), -24);
  } else {
    magnitude = std::ldexp(static_cast<float>(0x400 + fraction), exponent - 25);
  }
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

}  // namespace

void CopyBytes(const NpyArray& array, std::span<std::byte> out) {
  CHECK(array.dtype() == "u1");
  if (IsAsInMemory(array)) return CopyAll(array.values, out);
  ConvertItems<std::byte>(array, out, [](std::byte item) { return item; });
}

void ConvertToFloat(const NpyArray& array, std::span<float> out) {
  if (array.dtype() == "f2") return ConvertItems<std::uint16_t>(array, out, FromHalf);
  if (array.dtype() == "f8") return ConvertItems<double>(array, out, Narrowed);
  if (array.dtype() == "f4") {
    if (IsAsInMemory(array)) return CopyAll(array.values, std::as_writable_bytes(out));
    return ConvertItems<float>(array, out, [](float item) { return item; });
  }
  CHECK(array.kind == 'b' || array.kind == 'u' || array.kind == 'i');
  VisitIntegerType(array, [&](auto zero) {
    using Integer = decltype(zero);
    ConvertItems<Integer>(array, out, [](Integer item) { return static_cast<float>(item); });
  });
}

}  // namespace fedround::data
