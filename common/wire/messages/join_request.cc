#include "common/wire/messages/join_request.h"

#include <cstdint>
#include <limits>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/wire/message.h"
#include "fedround/v1/federation.pb.h"

namespace fedround::wire {
namespace {

// Appends first .. last to `clients`, which stay ascending and below `end`.
absl::Status AppendRange(const v1::ClientRange& range, std::uint64_t end,
                         std::vector<ClientId>& clients) {
  const std::uint64_t first = range.first();
  const std::uint64_t last = range.last();
  if (first > last || (!clients.empty() && first <= clients.back())) {
    return absl::InvalidArgumentError(
        absl::StrCat("clients ", first, "..", last, ": ranges must not be empty and must ascend"));
  }
  if (last >= end) {
    return absl::InvalidArgumentError(
        absl::StrCat("client ", last, ": federation.clients = ", end, ", so ids end at ", end - 1));
  }
  for (std::uint64_t client = first; client <= last; ++client) clients.push_back(client);
  return absl::OkStatus();
}

}  // namespace

std::string SerializeJoinRequest(const JoinRequest& request) {
  v1::JoinRequest message;
  message.set_protocol_version(request.protocol_version);
  message.set_host(request.host);
  message.set_build(request.build);
  message.set_simd(request.simd);
  message.set_pid(request.pid);
  message.set_answers_ping(request.answers_ping);
  v1::ClientRange* range = nullptr;
  for (const ClientId client : request.clients) {
    if (range == nullptr || client != range->last() + 1) {
      range = message.add_clients();
      range->set_first(client);
    }
    range->set_last(client);
  }
  return message.SerializeAsString();
}

absl::StatusOr<JoinRequest> ParseJoinRequest(absl::string_view bytes, std::uint64_t clients) {
  v1::JoinRequest message;
  RETURN_IF_ERROR(ParseMessage(bytes, "JoinRequest", message));
  RETURN_IF_ERROR(CheckLength("JoinRequest.host", message.host(), kMaxJoinText));
  RETURN_IF_ERROR(CheckLength("JoinRequest.build", message.build(), kMaxJoinText));
  RETURN_IF_ERROR(CheckLength("JoinRequest.simd", message.simd(), kMaxJoinText));
  JoinRequest request;
  request.protocol_version = message.protocol_version();
  request.host = message.host();
  request.build = message.build();
  request.simd = message.simd();
  if (message.pid() < 0 || message.pid() > std::numeric_limits<std::int32_t>::max()) {
    return absl::InvalidArgumentError(
        absl::StrCat("JoinRequest.pid = ", message.pid(), ": no process has that number"));
  }
  request.pid = message.pid();
  request.answers_ping = message.answers_ping();
  for (const v1::ClientRange& range : message.clients()) {
    RETURN_IF_ERROR(AppendRange(range, clients, request.clients));
  }
  return request;
}

}  // namespace fedround::wire
