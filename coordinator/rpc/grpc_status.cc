#include "coordinator/rpc/grpc_status.h"

#include <string>

namespace fedround::coordinator {

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return {static_cast<grpc::StatusCode>(status.raw_code()),
          std::string(status.message().substr(0, kMaxStatusMessage))};
}

}  // namespace fedround::coordinator
