// Our statuses as gRPC's. The codes are the same; the message is cut so that it fits into the
// trailers.
#pragma once

#include <grpcpp/support/status.h>

#include <cstddef>

#include "absl/status/status.h"

namespace fedround::coordinator {

inline constexpr std::size_t kMaxStatusMessage = 1024;

grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace fedround::coordinator
