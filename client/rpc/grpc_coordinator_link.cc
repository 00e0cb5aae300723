// What is hard: a broken connection must cost a run nothing but time. The coordinator may be
// paused, restarted by its network or cut off; requests under way must neither hang nor be lost nor
// count twice.
//
// The idea: one thread (the one that calls NextInstruction) notices and repairs, all others retry.
// The Join stream shows whether the coordinator is there (gRPC's keepalive watches it). When it
// breaks, that thread
//
//   1. drops every connection, since what one of them has met the others will meet as well
//   2. interrupts every call under way (UNAVAILABLE); tasks retry, over new connections
//   3. joins again, with growing pauses that differ from host to host, within rejoin_deadline
//   4. compares run and incarnation: an answer must never reach another run
//
// Calls for tasks (FetchModel, Submit) never rejoin by themselves. They live as long as bytes move
// (call.h); one that fails throws away its client's connection, because gRPC would repair that
// after pauses of its own and believes a silent connection to be whole.
//
// Nothing counts twice: the coordinator takes one update per client and step and the first of two
// reports. So whatever may or may not have arrived is simply sent again.
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
#include "client/rpc/transfer.h"
#include "common/base/log.h"
#include "common/base/rng.h"
#include "common/base/status_macros.h"
#include "common/rpc/received_message.h"
#include "common/wire/messages/join_event.h"
#include "common/wire/messages/join_request.h"
#include "common/wire/messages/pong.h"
#include "common/wire/messages/task_cost.h"

namespace fedround::client {
namespace {

constexpr Nanos kFirstBackoff = 5 * kNanosPerMilli;
constexpr Nanos kLastBackoff = 500 * kNanosPerMilli;
// Reports are small, and sent again if they do not get through.
constexpr Nanos kReportLimit = 5 * kNanosPerSecond;

// The pauses between attempts to join: they double up to kLastBackoff, and each is shortened by up
// to a half that depends on the host, so that hosts that lost their coordinator at the same moment
// do not come back at the same moment.
class Backoff {
 public:
  explicit Backoff(ClientId host) : host_(host) {}

  Nanos Next() {
    const auto drawn =
        Philox4x32({attempt_++, 0, 0, 0},
                   {static_cast<std::uint32_t>(host_), static_cast<std::uint32_t>(host_ >> 32)})[0];
    const Nanos pause = std::exchange(pause_, std::min(2 * pause_, kLastBackoff));
    return pause - pause / 2 * (drawn % 1024) / 1024;
  }

 private:
  const ClientId host_;
  std::uint32_t attempt_ = 0;
  Nanos pause_ = kFirstBackoff;
};

// A Join call and the connection it runs on.
class JoinStream {
 public:
  // The first event must come within `patience`.
  JoinStream(const GrpcLinkOptions& options, ActiveCalls& calls, JoinRequest request,
             Nanos patience)
      : options_(options),
        calls_(calls),
        client_(request.clients.empty() ? 0 : request.clients.front()),
        connection_(options.address),
        call_(calls, options.token, patience) {
    request.answers_ping = true;
    call_.Expect();
    reader_ =
        connection_.Join(call_.context(), rpc::MakeMessage(wire::SerializeJoinRequest(request)));
  }

  // The next event that is not a ping; the call's status once it has ended, UNAVAILABLE if it ended
  // without an error.
  absl::StatusOr<wire::JoinEvent> Next() {
    for (grpc::ByteBuffer message; reader_->Read(&message); message.Clear()) {
      call_.Wait();
      ASSIGN_OR_RETURN(wire::JoinEvent event,
                       wire::ParseJoinEvent(rpc::ReceivedMessage(message).Text()));
      const auto* ping = std::get_if<wire::Ping>(&event);
      if (ping == nullptr) return event;
      Answer(*ping);
    }
    RETURN_IF_ERROR(call_.End(FromGrpcStatus(reader_->Finish())));
    return absl::UnavailableError("the coordinator has ended the connection");
  }

 private:
  // Its status is ignored: if the answer does not get through, neither will the stream.
  void Answer(const wire::Ping& ping) {
    Call call(calls_, options_.token, kReportLimit);
    call.Expect();
    connection_.Pong(call.context(), rpc::MakeMessage(wire::SerializePong({client_, ping.id})));
  }

  const GrpcLinkOptions& options_;
  ActiveCalls& calls_;
  const ClientId client_;
  Connection connection_;
  Call call_;
  std::unique_ptr<Reader> reader_;
};

// Whether joining again may help after an established Join has ended with `end`: it broke, or the
// coordinator cut it off because this host did not read.
bool MayRejoin(const absl::Status& end) {
  return absl::IsUnavailable(end) || absl::IsResourceExhausted(end);
}

}  // namespace

struct GrpcCoordinatorLink::Impl {
  explicit Impl(GrpcLinkOptions link_options)
      : options(std::move(link_options)), stall(options.stall) {}

  // Call it once the call is known to `calls`: a Rejoin in between then either cancels the call or
  // has already dropped the old connections.
  std::shared_ptr<Connection> ConnectionOf(ClientId client) {
    MutexLock lock(mutex);
    std::shared_ptr<Connection>& connection = connections[client];
    if (connection == nullptr) connection = std::make_shared<Connection>(options.address);
    return connection;
  }

  // The next call of this client opens a new connection. One that failed is not used again, even
  // where gRPC would repair it: it does so after pauses of its own, and takes a connection over
  // which nothing moves for a whole one. It may have failed because the coordinator has no room for
  // more connections: so those that no call uses are closed as well.
  void Disconnect(ClientId client) {
    MutexLock lock(mutex);
    connections.erase(client);
    std::erase_if(connections, [](const auto& idle) { return idle.second.use_count() == 1; });
  }
  void DisconnectAll() {
    MutexLock lock(mutex);
    connections.clear();
  }

  // They stay few: a client has one task at a time, and each FetchModel takes one report along.
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

  absl::Status TrySend(const TaskCost& cost) {
    Call call(calls, options.token, std::min<Nanos>(stall, kReportLimit));
    const std::shared_ptr<Connection> connection = ConnectionOf(cost.client);
    call.Expect();
    return call.End(FromGrpcStatus(
        connection->ReportCost(call.context(), rpc::MakeMessage(wire::SerializeTaskCost(cost)))));
  }

  // Over the client's connection and, if that has broken, once more over a new one.
  absl::Status SendReport(const TaskCost& cost) {
    absl::Status sent = TrySend(cost);
    if (!absl::IsUnavailable(sent)) return sent;
    Disconnect(cost.client);
    return TrySend(cost);
  }

  // One attempt to join, which may take `patience`.
  absl::StatusOr<Welcome> TryJoin(Nanos patience) {
    auto stream = std::make_unique<JoinStream>(options, calls, request, patience);
    ASSIGN_OR_RETURN(wire::JoinEvent event, stream->Next());
    auto* welcome = std::get_if<Welcome>(&event);
    if (welcome == nullptr) {
      return absl::InternalError("the coordinator's first message is not a Welcome");
    }
    join = std::move(stream);
    chunk_bytes = welcome->chunk_bytes;
    return std::move(*welcome);
  }

  // Attempts to join until one is welcome, refused for good, or `patience` is over.
  absl::StatusOr<Welcome> JoinWithin(Nanos patience) {
    const Nanos end = MonotonicNow() + patience;
    Backoff backoff(request.clients.empty() ? 0 : request.clients.front());
    for (Nanos left = patience;; left = end - MonotonicNow()) {
      absl::StatusOr<Welcome> welcome = TryJoin(std::max<Nanos>(left, 1));
      if (!absl::IsUnavailable(welcome.status())) return welcome;
      const Nanos pause = backoff.Next();
      if (MonotonicNow() + pause > end) {
        return absl::UnavailableError(absl::StrCat("no coordinator at ", options.address,
                                                   " within ", Seconds(patience),
                                                   " s: ", welcome.status().message()));
      }
      if (!calls.Sleep(pause)) return absl::CancelledError("cancelled while joining");
    }
  }

  // After the Join call has ended with `lost`.
  absl::Status Rejoin(const absl::Status& lost) {
    LogError(absl::StrCat("lost the coordinator (", lost.message(), "): joining again"));
    join.reset();
    // What one of the host's connections has met, the others have met or will meet: tasks that wait
    // for something retry over new ones.
    DisconnectAll();
    calls.Interrupt();
    // Not at once if connections break as soon as they are made.
    if (MonotonicNow() - joined_ns < kLastBackoff && !calls.Sleep(kLastBackoff)) {
      return absl::CancelledError("cancelled while joining");
    }
    ASSIGN_OR_RETURN(const Welcome welcome, JoinWithin(options.rejoin_deadline));
    joined_ns = MonotonicNow();
    if (welcome.run_id != run_id || welcome.incarnation != incarnation) {
      return absl::FailedPreconditionError(
          absl::StrCat("the coordinator at ", options.address, " serves run \"", welcome.run_id,
                       "\" now; this host joined run \"", run_id, "\""));
    }
    LogInfo("joined again");
    return absl::OkStatus();
  }

  const GrpcLinkOptions options;
  ActiveCalls calls;
  std::atomic<Nanos> stall;
  // Of Join and NextInstruction, which are called on one thread.
  JoinRequest request;
  std::string run_id;
  std::uint32_t incarnation = 0;
  Nanos joined_ns = 0;
  std::unique_ptr<JoinStream> join;
  std::atomic<std::size_t> chunk_bytes = 0;
  std::atomic<bool> report_failed = false;
  Mutex mutex;
  std::unordered_map<ClientId, std::shared_ptr<Connection>> connections ABSL_GUARDED_BY(mutex);
  std::vector<TaskCost> reports ABSL_GUARDED_BY(mutex);  // not yet sent
};

GrpcCoordinatorLink::GrpcCoordinatorLink(GrpcLinkOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

GrpcCoordinatorLink::~GrpcCoordinatorLink() { Cancel(); }

absl::StatusOr<Welcome> GrpcCoordinatorLink::Join(const JoinRequest& request) {
  impl_->request = request;
  ASSIGN_OR_RETURN(Welcome welcome, impl_->JoinWithin(impl_->options.join_deadline));
  impl_->joined_ns = MonotonicNow();
  impl_->run_id = welcome.run_id;
  impl_->incarnation = welcome.incarnation;
  return welcome;
}

absl::StatusOr<Instruction> GrpcCoordinatorLink::NextInstruction() {
  absl::StatusOr<wire::JoinEvent> event = impl_->join->Next();
  while (MayRejoin(event.status())) {
    RETURN_IF_ERROR(impl_->Rejoin(event.status()));
    FlushReports();
    event = impl_->join->Next();
  }
  RETURN_IF_ERROR(event.status());
  auto* instruction = std::get_if<Instruction>(&*event);
  if (instruction == nullptr) return absl::InternalError("the coordinator sent a second Welcome");
  return std::move(*instruction);
}

void GrpcCoordinatorLink::EndStalledAfter(Nanos limit) { impl_->stall = limit; }

absl::StatusOr<TransferCost> GrpcCoordinatorLink::FetchModel(const Instruction& instruction,
                                                             std::span<float> model) {
  std::optional<TaskCost> finished = impl_->TakeReport(instruction.client);
  absl::StatusOr<TransferCost> cost;
  {
    Call call(impl_->calls, impl_->options.token, impl_->stall);
    const std::shared_ptr<Connection> connection = impl_->ConnectionOf(instruction.client);
    cost = ReceiveModel(*connection, call, instruction, finished, model);
  }
  if (absl::IsUnavailable(cost.status())) impl_->Disconnect(instruction.client);
  // The report may have arrived all the same: of two, the first counts.
  if (!cost.ok() && finished.has_value()) impl_->KeepReport(*std::move(finished));
  return cost;
}

absl::StatusOr<TransferCost> GrpcCoordinatorLink::Submit(const UpdateHeader& header,
                                                         std::span<const std::byte> payload,
                                                         const std::function<void()>& on_credit) {
  BorrowedBytes borrowed;
  absl::StatusOr<TransferCost> cost;
  {
    Call call(impl_->calls, impl_->options.token, impl_->stall);
    const std::shared_ptr<Connection> connection = impl_->ConnectionOf(header.client);
    cost = SendUpdate(*connection, call, header, payload, impl_->chunk_bytes, on_credit, borrowed);
  }
  // A call that was cut short may have left slices of the payload in the connection's output.
  if (!cost.ok() && (absl::IsUnavailable(cost.status()) || !borrowed.AllReturned())) {
    impl_->Disconnect(header.client);
  }
  return cost;
}

void GrpcCoordinatorLink::ReportCost(const TaskCost& cost) {
  impl_->KeepReport(cost);
  if (!cost.failure.empty()) FlushReports();
}

bool GrpcCoordinatorLink::FlushReports() {
  bool all = true;
  for (TaskCost& cost : impl_->TakeReports()) {
    const absl::Status sent = impl_->SendReport(cost);
    if (absl::IsUnavailable(sent)) {
      all = false;
      impl_->KeepReport(std::move(cost));
    } else if (!sent.ok() && !impl_->report_failed.exchange(true)) {
      LogError(absl::StrCat("a cost report of client ", cost.client,
                            " was lost (later ones are not logged): ", sent.message()));
    }
  }
  return all;
}

void GrpcCoordinatorLink::Cancel() { impl_->calls.CancelAll(); }

}  // namespace fedround::client
