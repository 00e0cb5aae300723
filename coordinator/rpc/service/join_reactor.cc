#include "coordinator/rpc/service/join_reactor.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/received_message.h"
#include "common/wire/messages/join_event.h"
#include "coordinator/rpc/grpc_status.h"
#include "coordinator/rpc/service/host_directory.h"

namespace fedround::coordinator {

grpc::ServerWriteReactor<grpc::ByteBuffer>* JoinReactor::Open(
    Front& front, HostDirectory& directory, std::shared_ptr<Connection> connection,
    grpc::CallbackServerContext& context, JoinRequest request, const Welcome& welcome) {
  std::shared_ptr<JoinReactor> host(
      new JoinReactor(front, directory, std::move(connection), context, std::move(request)));
  host->self_ = host;
  host->Send(wire::SerializeWelcome(welcome));
  directory.Add(host->clients_, host);
  front.Connected(host->clients_);
  return host.get();
}

JoinReactor::JoinReactor(Front& front, HostDirectory& directory,
                         std::shared_ptr<Connection> connection,
                         grpc::CallbackServerContext& context, JoinRequest request)
    : front_(front),
      directory_(directory),
      connection_(std::move(connection)),
      context_(context),
      clients_(std::move(request.clients)),
      answers_ping_(request.answers_ping) {}

void JoinReactor::Send(std::string message) {
  MutexLock lock(mutex_);
  Queue(std::move(message));
}

void JoinReactor::Queue(std::string message) {
  if (closing_) return;
  if (queue_.size() >= kMaxQueuedPerClient * clients_.size()) {
    CutOff(absl::ResourceExhaustedError(
        absl::StrCat("this host has not read its last ", queue_.size(), " instructions")));
  } else {
    queue_.push_back(std::move(message));
  }
  if (!writing_) Advance();
}

void JoinReactor::Close(absl::Status status) {
  MutexLock lock(mutex_);
  if (closing_) return;
  closing_ = true;
  end_ = std::move(status);
  if (!writing_) Advance();
}

bool JoinReactor::StandsUpTo(Nanos now) {
  MutexLock lock(mutex_);
  if (closing_) return false;  // it is being disconnected
  if (!answers_ping_) return true;
  switch (life_.Claimed(now)) {
    case LifeProbe::Verdict::kAlive:
      return true;
    case LifeProbe::Verdict::kAsk:
      Queue(wire::SerializePing({life_.id()}));
      return false;
    case LifeProbe::Verdict::kWait:
      return false;
    case LifeProbe::Verdict::kDead:
      CutOff(absl::AlreadyExistsError(
          absl::StrCat("another host has joined as client ", clients_.front(),
                       clients_.size() > 1 ? " and others" : "", "; this one did not answer for ",
                       Seconds(LifeProbe::kPatience), " s")));
      if (!writing_) Advance();
      return false;
  }
  return true;
}

void JoinReactor::Answered(std::uint64_t ping, Nanos now) {
  MutexLock lock(mutex_);
  life_.Answered(ping, now);
}

void JoinReactor::CutOff(absl::Status status) {
  // The first end is the reason.
  if (!closing_) end_ = std::move(status);
  closing_ = true;
  queue_.clear();
  // A write that the host does not read would never complete.
  if (writing_) context_.TryCancel();
}

void JoinReactor::Advance() {
  if (finished_) return;
  if (!queue_.empty()) {
    message_ = rpc::MakeMessage(queue_.front());
    queue_.pop_front();
    connection_->CountDown(0, message_.Length());
    writing_ = true;
    // If there are more, the transport may gather them in one packet.
    StartWrite(&message_,
               queue_.empty() ? grpc::WriteOptions() : grpc::WriteOptions().set_buffer_hint());
  } else if (closing_) {
    finished_ = true;
    Finish(ToGrpcStatus(end_));
  }
}

void JoinReactor::OnWriteDone(bool ok) {
  MutexLock lock(mutex_);
  writing_ = false;
  if (!ok) CutOff(absl::CancelledError("the host has gone"));
  Advance();
}

void JoinReactor::OnCancel() {
  MutexLock lock(mutex_);
  CutOff(absl::CancelledError("the host has gone"));
  if (!writing_) Advance();
}

void JoinReactor::OnDone() {
  std::string why;
  {
    MutexLock lock(mutex_);
    why = end_.ok() ? "left" : std::string(end_.message());
  }
  directory_.Remove(clients_);
  front_.Leave(clients_, why);
  self_.reset();
}

}  // namespace fedround::coordinator
