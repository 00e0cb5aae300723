#include "common/wire/messages/pong.h"

#include "common/base/status_macros.h"
#include "common/wire/message.h"
#include "fedround/v1/federation.pb.h"

namespace fedround::wire {

std::string SerializePong(const Pong& pong) {
  v1::PongRequest message;
  message.set_client(pong.client);
  message.set_id(pong.id);
  return message.SerializeAsString();
}

absl::StatusOr<Pong> ParsePong(absl::string_view bytes) {
  v1::PongRequest message;
  RETURN_IF_ERROR(ParseMessage(bytes, "PongRequest", message));
  return Pong{message.client(), message.id()};
}

}  // namespace fedround::wire
