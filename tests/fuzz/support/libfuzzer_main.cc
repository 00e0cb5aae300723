#include <cstddef>
#include <cstdint>

#include "tests/fuzz/support/fuzz_one.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fedround::fuzz::FuzzOne({data, size});
  return 0;
}
