#include "common/base/check.h"
#include "common/wire/messages/join_request.h"
#include "tests/fuzz/support/fuzz_one.h"

namespace fedround::fuzz {

// If a request is accepted, it must name clients of the federation, each once and in order, and be
// the same after it has been written and read again.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  constexpr std::uint64_t kClients = 1000;
  const auto request = wire::ParseJoinRequest(AsText(bytes), kClients);
  if (!request.ok()) return;
  CHECK(request->host.size() <= wire::kMaxJoinText);
  CHECK(request->build.size() <= wire::kMaxJoinText);
  CHECK(request->simd.size() <= wire::kMaxJoinText);
  CHECK(request->pid >= 0);
  for (std::size_t i = 0; i < request->clients.size(); ++i) {
    CHECK(request->clients[i] < kClients);
    CHECK(i == 0 || request->clients[i - 1] < request->clients[i]);
  }
  const std::string message = wire::SerializeJoinRequest(*request);
  const auto again = wire::ParseJoinRequest(message, kClients);
  CHECK(again.ok());
  CHECK(again->clients == request->clients);
  CHECK(wire::SerializeJoinRequest(*again) == message);
}

}  // namespace fedround::fuzz
