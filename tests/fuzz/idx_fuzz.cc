#include "common/base/check.h"
#include "common/data/formats/idx.h"
#include "common/data/formats/inflate.h"
#include "tests/fuzz/support/fuzz_one.h"

namespace fedround::fuzz {

// The bytes are a file, gzipped or not. If it is accepted, it must have as many values as its shape
// says, and they must be the file's last bytes.
void FuzzOne(std::span<const std::uint8_t> file) {
  std::span<const std::byte> bytes = std::as_bytes(file);
  AlignedBuffer<std::byte> inflated;
  if (data::LooksGzipped(bytes)) {
    auto gunzipped = data::Gunzip(bytes, "fuzz");
    if (!gunzipped.ok()) return;
    inflated = *std::move(gunzipped);
    bytes = inflated.span();
  }
  const auto array = data::ParseIdx(bytes, "fuzz");
  if (!array.ok()) return;
  std::uint64_t values = 1;
  for (const std::uint64_t extent : array->shape) values *= extent;
  CHECK(!array->shape.empty());
  CHECK(values == array->values.size());
  CHECK(values + 4 * (1 + array->shape.size()) == bytes.size());
  CHECK(array->values.data() + values == bytes.data() + bytes.size());
}

}  // namespace fedround::fuzz
