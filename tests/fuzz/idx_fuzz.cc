#include "common/base/check.h"
#include "common/data/formats/idx.h"
#include "tests/fuzz/fuzz_one.h"

namespace fedround::fuzz {

// What is accepted has as many values as its shape says, and they are the file's last bytes.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  const auto array = data::ParseIdx(std::as_bytes(bytes), "fuzz");
  if (!array.ok()) return;
  std::uint64_t values = 1;
  for (const std::uint64_t extent : array->shape) values *= extent;
  CHECK(!array->shape.empty());
  CHECK(values == array->values.size());
  CHECK(values + 4 * (1 + array->shape.size()) == bytes.size());
  CHECK(array->values.data() + values == std::as_bytes(bytes).data() + bytes.size());
}

}  // namespace fedround::fuzz
