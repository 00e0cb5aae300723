#include "client/rpc/grpc_coordinator_link.h"

#include <algorithm>
#include <atomic>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/rpc/borrowed_bytes.h"
#include "client/rpc/call.h"
#include "client/rpc/connection.h"
#include "client/rpc/grpc_status.h"
#include "client/rpc/received_message.h"
#include "client/rpc/transfer.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/wire/join_event.h"
#include "common/wire/join_request.h"
#include "common/wire/task_cost.h"

namespace fedround::client {
namespace {

constexpr Nanos kFirstBackoff = 5 * kNanosPerMilli;
constexpr Nanos kLastBackoff = 500 * kNanosPerMilli;
constexpr Nanos kFormerLifeEnds = kNanosPerSecond;

// A Join call and the connection it runs on.
class JoinStream {
 public:
  JoinStream(const GrpcLinkOptions& options, ActiveCalls& calls, const JoinRequest& request)
      : connection_(options.address),
        call_(calls, options.token, std::nullopt),
        reader_(
            connection_.Join(call_.context(), MakeMessage(wire::SerializeJoinRequest(request)))) {}

  // The next event; the call's status once it has ended, UNAVAILABLE if it ended well.
  absl::StatusOr<wire::JoinEvent> Next() {
    grpc::ByteBuffer message;
    if (reader_->Read(&message)) return wire::ParseJoinEvent(ReceivedMessage(message).Text());
    RETURN_IF_ERROR(FromGrpcStatus(reader_->Finish()));
    return absl::UnavailableError("the coordinator has ended the connection");
  }

 private:
  Connection connection_;
  Call call_;
  std::unique_ptr<Reader> reader_;
};

}  // namespace

struct GrpcCoordinatorLink::Impl {
  explicit Impl(GrpcLinkOptions link_options) : options(std::move(link_options)) {}

  std::shared_ptr<Connection> ConnectionOf(ClientId client) {
    MutexLock lock(mutex);
    std::shared_ptr<Connection>& connection = connections[client];
    if (connection == nullptr) connection = std::make_shared<Connection>(options.address);
    return connection;
  }

  void Disconnect(ClientId client) {
    MutexLock lock(mutex);
    connections.erase(client);
  }

  void KeepReport(TaskCost cost) {
    MutexLock lock(mutex);
    reports.push_back(std::move(cost));
  }

  std::optional<TaskCost> TakeReport(ClientId client) {
    MutexLock lock(mutex);
    const auto found = std::ranges::find(reports, client, &TaskCost::client);
    if (found == reports.end()) return std::nullopt;
    TaskCost taken = std::move(*found);
    reports.erase(found);
    return taken;
  }

  std::vector<TaskCost> TakeReports() {
    MutexLock lock(mutex);
    return std::exchange(reports, {});
  }

  // How long joining is tried again after such an answer.
  Nanos PatienceWith(const absl::Status& answer) const {
    if (absl::IsUnavailable(answer)) return options.join_deadline;
    // The connection of a client that died and came back may not have been missed yet.
    if (absl::IsAlreadyExists(answer)) return std::min(options.join_deadline, kFormerLifeEnds);
    return 0;  // welcome, or refused for good
  }

  // One attempt to join.
  absl::StatusOr<Welcome> TryJoin(const JoinRequest& request) {
    auto stream = std::make_unique<JoinStream>(options, calls, request);
    ASSIGN_OR_RETURN(wire::JoinEvent event, stream->Next());
    auto* welcome = std::get_if<Welcome>(&event);
    if (welcome == nullptr) {
      return absl::InternalError("the coordinator's first message is not a Welcome");
    }
    join = std::move(stream);
    chunk_bytes = welcome->chunk_bytes;
    return std::move(*welcome);
  }

  const GrpcLinkOptions options;
  ActiveCalls calls;
  std::unique_ptr<JoinStream> join;
  std::size_t chunk_bytes = 0;
  std::atomic<bool> report_failed = false;
  Mutex mutex;
  std::unordered_map<ClientId, std::shared_ptr<Connection>> connections ABSL_GUARDED_BY(mutex);
  std::vector<TaskCost> reports ABSL_GUARDED_BY(mutex);  // not yet sent
};

GrpcCoordinatorLink::GrpcCoordinatorLink(GrpcLinkOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

GrpcCoordinatorLink::~GrpcCoordinatorLink() { Cancel(); }

absl::StatusOr<Welcome> GrpcCoordinatorLink::Join(const JoinRequest& request) {
  const Nanos start = MonotonicNow();
  for (Nanos backoff = kFirstBackoff;; backoff = std::min(2 * backoff, kLastBackoff)) {
    absl::StatusOr<Welcome> welcome = impl_->TryJoin(request);
    const Nanos until = start + impl_->PatienceWith(welcome.status());
    if (MonotonicNow() + backoff > until) {
      if (!absl::IsUnavailable(welcome.status())) return welcome;
      return absl::UnavailableError(absl::StrCat("no coordinator at ", impl_->options.address,
                                                 " within ", Seconds(impl_->options.join_deadline),
                                                 " s: ", welcome.status().message()));
    }
    if (!impl_->calls.Sleep(backoff)) return absl::CancelledError("cancelled while joining");
  }
}

absl::StatusOr<Instruction> GrpcCoordinatorLink::NextInstruction() {
  ASSIGN_OR_RETURN(wire::JoinEvent event, impl_->join->Next());
  auto* instruction = std::get_if<Instruction>(&event);
  if (instruction == nullptr) return absl::InternalError("the coordinator sent a second Welcome");
  return std::move(*instruction);
}

absl::StatusOr<TransferCost> GrpcCoordinatorLink::FetchModel(const Instruction& instruction,
                                                             std::span<float> model) {
  const std::shared_ptr<Connection> connection = impl_->ConnectionOf(instruction.client);
  std::optional<TaskCost> finished = impl_->TakeReport(instruction.client);
  Call call(impl_->calls, impl_->options.token, impl_->options.call_deadline);
  absl::StatusOr<TransferCost> cost = ReceiveModel(*connection, call, instruction, finished, model);
  // It may have come all the same: of two reports the first counts.
  if (!cost.ok() && finished.has_value()) impl_->KeepReport(*std::move(finished));
  return cost;
}

absl::StatusOr<TransferCost> GrpcCoordinatorLink::Submit(const UpdateHeader& header,
                                                         std::span<const std::byte> payload,
                                                         const std::function<void()>& on_credit) {
  BorrowedBytes borrowed;
  absl::StatusOr<TransferCost> cost;
  {
    const std::shared_ptr<Connection> connection = impl_->ConnectionOf(header.client);
    Call call(impl_->calls, impl_->options.token, impl_->options.submit_deadline);
    cost = SendUpdate(*connection, call, header, payload, impl_->chunk_bytes, on_credit, borrowed);
  }
  // A call that was cut short may have left slices in the connection's output.
  if (!cost.ok() && !borrowed.AllReturned()) impl_->Disconnect(header.client);
  return cost;
}

void GrpcCoordinatorLink::ReportCost(const TaskCost& cost) {
  impl_->KeepReport(cost);
  if (!cost.failure.empty()) FlushReports();
}

void GrpcCoordinatorLink::FlushReports() {
  for (const TaskCost& cost : impl_->TakeReports()) {
    const std::shared_ptr<Connection> connection = impl_->ConnectionOf(cost.client);
    Call call(impl_->calls, impl_->options.token, impl_->options.call_deadline);
    const grpc::Status status =
        connection->ReportCost(call.context(), MakeMessage(wire::SerializeTaskCost(cost)));
    if (!status.ok() && !impl_->report_failed.exchange(true)) {
      LogError(absl::StrCat("a cost report of client ", cost.client,
                            " was lost (later ones are not logged): ", status.error_message()));
    }
  }
}

void GrpcCoordinatorLink::Cancel() { impl_->calls.CancelAll(); }

}  // namespace fedround::client
