#include "common/data/formats/byte_reader.h"

#include "absl/strings/str_join.h"
#include "common/data/limits.h"

namespace fedround::data {

absl::StatusOr<std::uint64_t> ArrayBytes(std::span<const std::uint64_t> shape,
                                         std::uint64_t item_bytes, absl::string_view name) {
  std::uint64_t bytes = item_bytes;
  for (const std::uint64_t extent : shape) {
    if (extent == 0 || extent > kMaxBytes / bytes) {
      return absl::DataLossError(
          absl::StrCat(name, ": shape [", absl::StrJoin(shape, ", "), "] of ", item_bytes,
                       "-byte values: every extent must be at least 1 and the whole at most ",
                       kMaxBytes, " bytes"));
    }
    bytes *= extent;
  }
  return bytes;
}

}  // namespace fedround::data
