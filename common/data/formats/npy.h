// NumPy's .npy: a magic number, a version, a Python dictionary as text, then the values.
//
// Supported are versions 1 to 3, either byte order and either order of the axes: booleans, integers
// of 1 to 8 bytes, floats of 2, 4 or 8, and texts of fixed length. An array of any other dtype is
// parsed without its values, so that the caller can say what to save instead. Source:
// numpy.lib.format, "Format Version 1.0" to "3.0".
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fedround::data {

struct NpyArray {
  // 'b' boolean, 'u' unsigned, 'i' signed, 'f' float, 'U' text, 'S' bytes; 0: another dtype
  char kind = 0;
  std::size_t item_bytes = 0;  // 1, 2, 4 or 8; any number for texts; 0: another dtype
  bool big_endian = false;
  bool fortran_order = false;         // the first axis varies fastest
  std::string descr;                  // the dtype as the file has it: "<f4", "|O"
  std::vector<std::uint64_t> shape;   // may have extents of 0: then there are no values
  std::span<const std::byte> values;  // [product of shape] items, inside the parsed bytes

  std::string dtype() const;  // "f4", in either byte order; texts count characters: "U12"
  // NumPy's dtype.kind, also for other dtypes: 'O' objects, 'c' complex, 'V' fields; 0: unknown.
  char NumpyKind() const;
  std::string TypeName() const;  // as NumPy prints it: "float32", "<U12", "object"
  // For messages: "dtype float32, shape (60000, 784)".
  std::string Description() const;
  std::size_t size() const { return item_bytes == 0 ? 0 : values.size() / item_bytes; }
  bool has_zero_extent() const { return std::ranges::count(shape, 0U) > 0; }
};

// Item `i`, in the order of the file, of an array of Ts.
template <typename T>
T ItemAt(const NpyArray& array, std::size_t i) {
  std::array<std::byte, sizeof(T)> bytes;
  std::memcpy(bytes.data(), array.values.subspan(i * sizeof(T), sizeof(T)).data(), sizeof(T));
  if (array.big_endian) std::ranges::reverse(bytes);
  return std::bit_cast<T>(bytes);
}

// Calls `use(T())` with the type of the array's integers or booleans (0 or 1); does nothing for
// other arrays.
template <typename Use>
void VisitIntegerType(const NpyArray& array, Use use) {
  const std::string dtype = array.dtype();
  if (dtype == "b1" || dtype == "u1") use(std::uint8_t{});
  if (dtype == "u2") use(std::uint16_t{});
  if (dtype == "u4") use(std::uint32_t{});
  if (dtype == "u8") use(std::uint64_t{});
  if (dtype == "i1") use(std::int8_t{});
  if (dtype == "i2") use(std::int16_t{});
  if (dtype == "i4") use(std::int32_t{});
  if (dtype == "i8") use(std::int64_t{});
}

// Errors: DATA_LOSS, with `name` and byte offset, for anything but exactly one array.
absl::StatusOr<NpyArray> ParseNpy(std::span<const std::byte> bytes, absl::string_view name);

// DATA_LOSS, with `name`, unless the array has one axis, or a second one of extent 1.
absl::Status CheckColumn(const NpyArray& array, absl::string_view name);

// The header of a little-endian float32 array, version 1.0: what stands before its values. Errors:
// DATA_LOSS for an extent of 0, and for a shape that ParseNpy would refuse.
absl::StatusOr<std::string> Float32NpyHeader(std::span<const std::uint64_t> shape);

}  // namespace fedround::data
