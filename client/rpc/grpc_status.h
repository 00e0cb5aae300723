// gRPC's statuses as ours. The codes are the same.
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace fedround::client {

inline absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

}  // namespace fedround::client
