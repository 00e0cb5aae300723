#include <cstring>
#include <vector>

#include "common/base/check.h"
#include "common/nn/safetensors.h"
#include "tests/fuzz/support/fuzz_one.h"

namespace fedround::fuzz {

// If a file is accepted, all names must differ, and the tensors must cover all parameters,
// including the file's last bytes.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t kMaxParameters = 1 << 16;
  const auto model = nn::ParseSafetensors(std::as_bytes(bytes), kMaxParameters);
  if (!model.ok()) return;
  CHECK(model->parameters.size() <= kMaxParameters);
  CHECK(ParameterCount(model->specs) == model->parameters.size());
  const auto data = std::as_bytes(model->parameters.span());
  CHECK(data.size() <= bytes.size());
  CHECK(data.empty() || std::memcmp(bytes.last(data.size()).data(), data.data(), data.size()) == 0);
  const auto again = LaidOutAs(model->specs, *model);
  CHECK(again.ok());
}

}  // namespace fedround::fuzz
