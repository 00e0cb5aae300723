// The gRPC service: authenticates a call, reads its request and hands it to a reactor.
//
// All methods take raw bytes: tensors stay in the slices in which they come or go, and small
// messages pass through common/wire as everywhere else.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "common/base/mutex.h"
#include "coordinator/front.h"
#include "coordinator/rpc/listener/connection_table.h"
#include "coordinator/rpc/service/fetch_directory.h"
#include "coordinator/rpc/service/host_directory.h"
#include "fedround/v1/federation.grpc.pb.h"

namespace fedround::coordinator {

using RawFederationService = v1::FederationService::WithRawCallbackMethod_Join<
    v1::FederationService::WithRawCallbackMethod_FetchModel<
        v1::FederationService::WithRawCallbackMethod_SubmitUpdate<
            v1::FederationService::WithRawCallbackMethod_ReportCost<
                v1::FederationService::WithRawCallbackMethod_Pong<
                    v1::FederationService::Service>>>>>;

class FederationService final : public RawFederationService {
 public:
  // All references must outlive the server that this is registered with.
  FederationService(Front& front, HostDirectory& directory, FetchDirectory& fetches,
                    ConnectionTable& connections, std::string token, std::size_t chunk_bytes,
                    std::size_t max_hosts);

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Join(grpc::CallbackServerContext* context,
                                                   const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* FetchModel(grpc::CallbackServerContext* context,
                                                         const grpc::ByteBuffer* request) override;
  grpc::ServerReadReactor<grpc::ByteBuffer>* SubmitUpdate(grpc::CallbackServerContext* context,
                                                          grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ReportCost(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Pong(grpc::CallbackServerContext* context,
                                 const grpc::ByteBuffer* request,
                                 grpc::ByteBuffer* response) override;

 private:
  // Returns the connection on which a call came, and counts the call there.
  absl::StatusOr<std::shared_ptr<Connection>> Authenticate(
      const grpc::CallbackServerContext& context);
  absl::StatusOr<grpc::ServerWriteReactor<grpc::ByteBuffer>*> AdmitHost(
      grpc::CallbackServerContext& context, const grpc::ByteBuffer& request);
  absl::StatusOr<grpc::ServerWriteReactor<grpc::ByteBuffer>*> StartFetch(
      grpc::CallbackServerContext& context, const grpc::ByteBuffer& request);
  absl::Status TakePong(const grpc::CallbackServerContext& context,
                        const grpc::ByteBuffer& request);
  absl::Status TakeCost(const grpc::CallbackServerContext& context,
                        const grpc::ByteBuffer& request);

  Front& front_;
  HostDirectory& directory_;
  FetchDirectory& fetches_;
  ConnectionTable& connections_;
  const std::string token_;
  const std::size_t chunk_bytes_;
  const std::size_t max_hosts_;
  Mutex admit_mutex_;  // one host is admitted at a time
};

}  // namespace fedround::coordinator
