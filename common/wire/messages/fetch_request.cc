#include "common/wire/messages/fetch_request.h"

#include "common/base/status_macros.h"
#include "common/wire/message.h"
#include "common/wire/messages/task_cost.h"
#include "fedround/v1/federation.pb.h"

namespace fedround::wire {

std::string SerializeFetchRequest(const FetchRequest& request) {
  v1::FetchModelRequest message;
  message.set_client(request.client);
  message.set_round(request.round);
  message.set_model_id(request.model_id);
  if (request.finished.has_value()) ToMessage(*request.finished, *message.mutable_finished());
  return message.SerializeAsString();
}

absl::StatusOr<FetchRequest> ParseFetchRequest(absl::string_view bytes) {
  v1::FetchModelRequest message;
  RETURN_IF_ERROR(ParseMessage(bytes, "FetchModelRequest", message));
  FetchRequest request{message.client(), message.round(), message.model_id()};
  if (message.has_finished()) {
    ASSIGN_OR_RETURN(request.finished, FromMessage(message.finished()));
  }
  return request;
}

}  // namespace fedround::wire
