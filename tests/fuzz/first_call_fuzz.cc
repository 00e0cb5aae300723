#include "common/base/check.h"
#include "coordinator/rpc/listener/http2/first_call.h"
#include "coordinator/rpc/listener/http2/header_block.h"
#include "tests/fuzz/support/fuzz_one.h"

namespace fedround::fuzz {

// A complete call must stay complete whatever follows it, and no header may be much longer than the
// bytes from which it was decoded.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  const std::string opening(bytes.begin(), bytes.end());
  const auto call = coordinator::ReadFirstCall(opening);
  if (!call.ok() || !call->has_value()) return;
  CHECK((*call)->header_block.size() < opening.size());
  const auto again = coordinator::ReadFirstCall(opening + "more");
  CHECK(again.ok() && again->has_value());
  CHECK((*again)->header_block == (*call)->header_block);
  const auto value = coordinator::FindHeader((*call)->header_block, "fedround-token");
  constexpr std::size_t kShortestCodeBits = 5;
  if (!value.ok() || !value->has_value()) return;
  CHECK((*value)->size() * kShortestCodeBits <= 8 * opening.size());
}

}  // namespace fedround::fuzz
