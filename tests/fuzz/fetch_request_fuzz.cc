#include "common/base/check.h"
#include "common/wire/messages/fetch_request.h"
#include "common/wire/messages/pong.h"
#include "tests/fuzz/support/fuzz_one.h"

namespace fedround::fuzz {

// The small requests of a client, which fetch a model or answer a ping. If one is accepted, it must
// be the same after it has been written and read again.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  if (const auto request = wire::ParseFetchRequest(AsText(bytes)); request.ok()) {
    const std::string message = wire::SerializeFetchRequest(*request);
    const auto again = wire::ParseFetchRequest(message);
    CHECK(again.ok() && again->finished.has_value() == request->finished.has_value());
    CHECK(again->client == request->client && again->round == request->round);
    CHECK(again->model_id == request->model_id);
    CHECK(wire::SerializeFetchRequest(*again) == message);
  }
  if (const auto pong = wire::ParsePong(AsText(bytes)); pong.ok()) {
    const auto again = wire::ParsePong(wire::SerializePong(*pong));
    CHECK(again.ok() && again->client == pong->client && again->id == pong->id);
  }
}

}  // namespace fedround::fuzz
