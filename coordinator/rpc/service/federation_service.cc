#include "coordinator/rpc/service/federation_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/received_message.h"
#include "common/wire/messages/fetch_request.h"
#include "common/wire/messages/join_request.h"
#include "common/wire/messages/pong.h"
#include "common/wire/messages/task_cost.h"
#include "coordinator/rpc/grpc_status.h"
#include "coordinator/rpc/service/fetch_reactor.h"
#include "coordinator/rpc/service/identity.h"
#include "coordinator/rpc/service/join_reactor.h"
#include "coordinator/rpc/service/submit_reactor.h"

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

FederationService::FederationService(Front& front, HostDirectory& directory,
                                     FetchDirectory& fetches, ConnectionTable& connections,
                                     std::string token, std::size_t chunk_bytes,
                                     std::size_t max_hosts)
    : front_(front),
      directory_(directory),
      fetches_(fetches),
      connections_(connections),
      token_(std::move(token)),
      chunk_bytes_(chunk_bytes),
      max_hosts_(max_hosts) {}

absl::StatusOr<std::shared_ptr<Connection>> FederationService::Authenticate(
    const grpc::CallbackServerContext& context) {
  ASSIGN_OR_RETURN(const Identity identity, ResolveIdentity(context, token_));
  std::shared_ptr<Connection> connection = connections_.Find(identity.peer);
  connection->CountCall();
  return connection;
}

WriteReactor* FederationService::Join(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request) {
  return ReactorOrRefusal(AdmitHost(*context, *request));
}

absl::StatusOr<WriteReactor*> FederationService::AdmitHost(grpc::CallbackServerContext& context,
                                                           const grpc::ByteBuffer& request) {
  ASSIGN_OR_RETURN(std::shared_ptr<Connection> connection, Authenticate(context));
  connection->CountUp(0, request.Length());
  ASSIGN_OR_RETURN(JoinRequest join,
                   wire::ParseJoinRequest(rpc::ReceivedMessage(request).Text(), front_.clients()));
  // If two join at the same moment, the second must count the first.
  MutexLock lock(admit_mutex_);
  // A host whose clients still have another host needs no additional place: below it is refused, or
  // told to come again while the other is being asked whether it is alive.
  if (directory_.hosts() >= max_hosts_ && !directory_.HasAny(join.clients)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("all ", max_hosts_,
                     " hosts that the coordinator's limit of open files allows have joined: "
                     "raise it (ulimit -n) or let each host run more clients"));
  }
  const absl::StatusOr<Welcome> welcome = front_.Admit(join);
  if (absl::IsAlreadyExists(welcome.status())) {
    RETURN_IF_ERROR(directory_.CheckPresent(join.clients, MonotonicNow()));
  }
  RETURN_IF_ERROR(welcome.status());
  return JoinReactor::Open(front_, directory_, std::move(connection), context, std::move(join),
                           *welcome);
}

WriteReactor* FederationService::FetchModel(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* request) {
  return ReactorOrRefusal(StartFetch(*context, *request));
}

absl::StatusOr<WriteReactor*> FederationService::StartFetch(grpc::CallbackServerContext& context,
                                                            const grpc::ByteBuffer& request) {
  ASSIGN_OR_RETURN(std::shared_ptr<Connection> connection, Authenticate(context));
  connection->CountUp(0, request.Length());
  ASSIGN_OR_RETURN(const wire::FetchRequest fetch,
                   wire::ParseFetchRequest(rpc::ReceivedMessage(request).Text()));
  if (fetch.finished.has_value()) front_.ReportCost(*fetch.finished);
  ASSIGN_OR_RETURN(std::shared_ptr<const Model> model, front_.FindModel(fetch.model_id));
  // Peers may claim anything; the record is about this run's clients.
  if (fetch.client < front_.clients()) connection->Carry(fetch.client);
  auto* reactor =
      new FetchReactor(fetches_, context, std::move(connection), std::move(model), chunk_bytes_);
  // Its round may have ended just before the call was in the directory.
  if (!front_.FindModel(fetch.model_id).ok()) context.TryCancel();
  return reactor;
}

ReadReactor* FederationService::SubmitUpdate(grpc::CallbackServerContext* context,
                                             grpc::ByteBuffer* response) {
  auto connection = Authenticate(*context);
  if (!connection.ok()) return new Refusal<ReadReactor>(connection.status());
  return SubmitReactor::Open(front_, *std::move(connection), response);
}

grpc::ServerUnaryReactor* FederationService::ReportCost(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request,
                                                        grpc::ByteBuffer* response) {
  *response = rpc::MakeMessage("");
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(TakeCost(*context, *request)));
  return reactor;
}

grpc::ServerUnaryReactor* FederationService::Pong(grpc::CallbackServerContext* context,
                                                  const grpc::ByteBuffer* request,
                                                  grpc::ByteBuffer* response) {
  *response = rpc::MakeMessage("");
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(TakePong(*context, *request)));
  return reactor;
}

absl::Status FederationService::TakePong(const grpc::CallbackServerContext& context,
                                         const grpc::ByteBuffer& request) {
  ASSIGN_OR_RETURN(const std::shared_ptr<Connection> connection, Authenticate(context));
  connection->CountUp(0, request.Length());
  ASSIGN_OR_RETURN(const wire::Pong pong, wire::ParsePong(rpc::ReceivedMessage(request).Text()));
  if (const auto host = directory_.Find(pong.client)) host->Answered(pong.id, MonotonicNow());
  return absl::OkStatus();
}

absl::Status FederationService::TakeCost(const grpc::CallbackServerContext& context,
                                         const grpc::ByteBuffer& request) {
  ASSIGN_OR_RETURN(const std::shared_ptr<Connection> connection, Authenticate(context));
  connection->CountUp(0, request.Length());
  ASSIGN_OR_RETURN(const TaskCost cost, wire::ParseTaskCost(rpc::ReceivedMessage(request).Text()));
  front_.ReportCost(cost);
  return absl::OkStatus();
}

}  // namespace fedround::coordinator
