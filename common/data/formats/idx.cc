#include "common/data/formats/idx.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/data/formats/byte_reader.h"
#include "common/data/limits.h"

namespace fedround::data {
namespace {

constexpr std::byte kUnsignedByteType{8};

}  // namespace

absl::StatusOr<IdxArray> ParseIdx(std::span<const std::byte> bytes, absl::string_view name) {
  ByteReader reader(bytes, name);
  ASSIGN_OR_RETURN(const auto magic, reader.Take(4, "IDX magic"));
  if (magic[0] != std::byte{0} || magic[1] != std::byte{0}) {
    return FormatError(name, 0, "not an IDX file: it must start with two zero bytes");
  }
  if (magic[2] != kUnsignedByteType) {
    return FormatError(name, 2,
                       absl::StrCat("IDX type ", std::to_integer<int>(magic[2]),
                                    ": only 8 (unsigned bytes) is read"));
  }
  const auto axes = std::to_integer<std::size_t>(magic[3]);
  if (axes == 0 || axes > kMaxAxes) {
    return FormatError(name, 3, absl::StrCat(axes, " axes: must be in [1, ", kMaxAxes, "]"));
  }
  IdxArray array;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    ASSIGN_OR_RETURN(const auto extent, reader.Take(4, "IDX extent"));
    array.shape.push_back(LoadBig32(extent, 0));
  }
  ASSIGN_OR_RETURN(const std::uint64_t value_bytes, ArrayBytes(array.shape, 1, name));
  ASSIGN_OR_RETURN(array.values, reader.Take(value_bytes, "IDX values"));
  RETURN_IF_ERROR(reader.ExpectEnd());
  return array;
}

}  // namespace fedround::data
