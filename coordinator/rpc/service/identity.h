// Who a peer is. This is the only place that decides it: a token today, a certificate's name with
// TLS.
#pragma once

#include <grpcpp/server_context.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "coordinator/rpc/listener/http2/first_call.h"

namespace fedround::coordinator {

struct Identity {
  std::string peer;  // "ipv4:127.0.0.1:49152", for logs
};

// Whether a connection that starts with this call may be served at all; gRPC has not seen it yet.
// Errors: UNAUTHENTICATED, as for later calls.
absl::Status CheckFirstCall(const FirstCall& call, absl::string_view token);

// Errors: UNAUTHENTICATED if the call does not carry `token` in its metadata "fedround-token".
absl::StatusOr<Identity> ResolveIdentity(const grpc::CallbackServerContext& context,
                                         absl::string_view token);

}  // namespace fedround::coordinator
