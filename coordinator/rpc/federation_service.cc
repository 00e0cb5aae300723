#include "coordinator/rpc/federation_service.h"

#include <utility>

#include "common/base/status_macros.h"
#include "common/wire/fetch_request.h"
#include "common/wire/join_request.h"
#include "common/wire/task_cost.h"
#include "coordinator/rpc/fetch_reactor.h"
#include "coordinator/rpc/grpc_status.h"
#include "coordinator/rpc/identity.h"
#include "coordinator/rpc/join_reactor.h"
#include "coordinator/rpc/received_message.h"
#include "coordinator/rpc/submit_reactor.h"

namespace fedround::coordinator {
namespace {

// Ends a call at once, with an error.
template <typename Reactor>
class Refusal final : public Reactor {
 public:
  explicit Refusal(const absl::Status& why) { this->Finish(ToGrpcStatus(why)); }
  void OnDone() override { delete this; }
};

using WriteReactor = grpc::ServerWriteReactor<grpc::ByteBuffer>;
using ReadReactor = grpc::ServerReadReactor<grpc::ByteBuffer>;

WriteReactor* ReactorOrRefusal(const absl::StatusOr<WriteReactor*>& reactor) {
  return reactor.ok() ? *reactor : new Refusal<WriteReactor>(reactor.status());
}

}  // namespace

FederationService::FederationService(Coordinator& coordinator, HostDirectory& directory,
                                     std::string token, std::size_t chunk_bytes)
    : coordinator_(coordinator),
      directory_(directory),
      token_(std::move(token)),
      chunk_bytes_(chunk_bytes) {}

WriteReactor* FederationService::Join(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request) {
  return ReactorOrRefusal(AdmitHost(*context, *request));
}

absl::StatusOr<WriteReactor*> FederationService::AdmitHost(grpc::CallbackServerContext& context,
                                                           const grpc::ByteBuffer& request) {
  RETURN_IF_ERROR(ResolveIdentity(context, token_).status());
  ASSIGN_OR_RETURN(JoinRequest join, wire::ParseJoinRequest(ReceivedMessage(request).Text()));
  ASSIGN_OR_RETURN(const Welcome welcome, coordinator_.Admit(join));
  return JoinReactor::Open(coordinator_, directory_, context, std::move(join.clients), welcome);
}

WriteReactor* FederationService::FetchModel(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* request) {
  return ReactorOrRefusal(StartFetch(*context, *request));
}

absl::StatusOr<WriteReactor*> FederationService::StartFetch(
    const grpc::CallbackServerContext& context, const grpc::ByteBuffer& request) {
  RETURN_IF_ERROR(ResolveIdentity(context, token_).status());
  ASSIGN_OR_RETURN(const wire::FetchRequest fetch,
                   wire::ParseFetchRequest(ReceivedMessage(request).Text()));
  ASSIGN_OR_RETURN(std::shared_ptr<const Model> model, coordinator_.FindModel(fetch.model_id));
  return new FetchReactor(coordinator_, std::move(model), chunk_bytes_, request.Length());
}

ReadReactor* FederationService::SubmitUpdate(grpc::CallbackServerContext* context,
                                             grpc::ByteBuffer* response) {
  const auto identity = ResolveIdentity(*context, token_);
  if (!identity.ok()) return new Refusal<ReadReactor>(identity.status());
  return SubmitReactor::Open(coordinator_, response);
}

grpc::ServerUnaryReactor* FederationService::ReportCost(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request,
                                                        grpc::ByteBuffer* response) {
  *response = MakeMessage("");
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(TakeCost(*context, *request)));
  return reactor;
}

absl::Status FederationService::TakeCost(const grpc::CallbackServerContext& context,
                                         const grpc::ByteBuffer& request) {
  RETURN_IF_ERROR(ResolveIdentity(context, token_).status());
  ASSIGN_OR_RETURN(const TaskCost cost, wire::ParseTaskCost(ReceivedMessage(request).Text()));
  coordinator_.ReportCost(cost);
  return absl::OkStatus();
}

}  // namespace fedround::coordinator
