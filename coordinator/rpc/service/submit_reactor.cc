#include "coordinator/rpc/service/submit_reactor.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/received_message.h"
#include "common/wire/chunk.h"
#include "common/wire/messages/update_header.h"
#include "coordinator/rpc/grpc_status.h"

namespace fedround::coordinator {

grpc::ServerReadReactor<grpc::ByteBuffer>* SubmitReactor::Open(
    Front& front, std::shared_ptr<Connection> connection, grpc::ByteBuffer* response) {
  std::shared_ptr<SubmitReactor> reactor(new SubmitReactor(front, std::move(connection)));
  reactor->self_ = reactor;
  *response = rpc::MakeMessage("");
  reactor->StartRead(&reactor->message_);
  return reactor.get();
}

void SubmitReactor::OnReadDone(bool ok) {
  State state;
  {
    MutexLock lock(mutex_);
    state = state_;
  }
  if (state == State::kEnded) return;
  absl::Status status;
  if (state == State::kPayload) {
    status = ok ? AppendChunk() : FinishPayload();
  } else {
    status = ok ? OfferHeader() : absl::InvalidArgumentError("the call ended before its header");
  }
  if (!status.ok()) Fail(status);
}

absl::Status SubmitReactor::OfferHeader() {
  const rpc::ReceivedMessage received(message_);
  connection_->CountUp(0, message_.Length());
  ASSIGN_OR_RETURN(const wire::UpdateChunk chunk, wire::ParseUpdateChunk(received.pieces()));
  if (!chunk.has_header || chunk.data_bytes > 0) {
    return absl::InvalidArgumentError("the first message of an upload is its header alone");
  }
  ASSIGN_OR_RETURN(const UpdateHeader header, wire::ParseUpdateHeader(chunk.header));
  payload_bytes_ = header.payload_bytes();
  const auto self = shared_from_this();
  ASSIGN_OR_RETURN(handle_, front_.intake().Offer(
                                header, [self] { self->OnCredit(); },
                                [self](absl::Status verdict) { self->End(verdict); },
                                [connection = connection_] { return connection->WireBytes(); }));
  connection_->Carry(header.client);
  MutexLock lock(mutex_);
  if (state_ != State::kHeader) return absl::OkStatus();
  if (cancelled_) return absl::CancelledError("the client has gone");
  state_ = State::kCredit;
  // The credit may have come before there was a handle to append to.
  if (credit_) StartPayload();
  return absl::OkStatus();
}

void SubmitReactor::OnCredit() {
  MutexLock lock(mutex_);
  credit_ = true;
  if (state_ == State::kCredit) StartPayload();
}

void SubmitReactor::StartPayload() {
  state_ = State::kPayload;
  StartSendInitialMetadata();
  StartRead(&message_);
}

absl::Status SubmitReactor::AppendChunk() {
  const rpc::ReceivedMessage received(message_);
  const std::size_t message_bytes = message_.Length();
  message_.Clear();
  ASSIGN_OR_RETURN(const wire::UpdateChunk chunk, wire::ParseUpdateChunk(received.pieces()));
  connection_->CountUp(chunk.data_bytes, message_bytes);
  if (chunk.has_header) return absl::InvalidArgumentError("a second header in an upload");
  received_bytes_ += chunk.data_bytes;
  for (const wire::Bytes piece : chunk.data) {
    RETURN_IF_ERROR(front_.intake().Append(handle_, piece));
  }
  MutexLock lock(mutex_);
  if (state_ == State::kPayload) StartRead(&message_);
  return absl::OkStatus();
}

absl::Status SubmitReactor::FinishPayload() {
  // A peer that died looks the same here as one that stopped early. So the intake does not refuse
  // it (that would count as the client's answer): the client may try again.
  if (received_bytes_ < payload_bytes_) {
    return absl::InvalidArgumentError(
        absl::StrCat("payload ends after ", received_bytes_, " of ", payload_bytes_, " bytes"));
  }
  RETURN_IF_ERROR(front_.intake().Finish(handle_));
  MutexLock lock(mutex_);
  if (state_ != State::kPayload) return absl::OkStatus();
  state_ = State::kVerdict;
  if (cancelled_) EndLocked(absl::CancelledError("the client has gone"));
  return absl::OkStatus();
}

void SubmitReactor::OnCancel() {
  MutexLock lock(mutex_);
  cancelled_ = true;
  // In the other states a read is under way. It fails now, and its reaction ends the call; the
  // intake may be working for it right now.
  if (state_ == State::kCredit || state_ == State::kVerdict) {
    EndLocked(absl::CancelledError("the client has gone"));
  }
}

void SubmitReactor::Fail(const absl::Status& status) {
  // This comes first, so that a client that learns of the failure can try again at once.
  if (handle_ != 0) front_.intake().Abandon(handle_);
  End(status);
}

void SubmitReactor::End(const absl::Status& status) {
  MutexLock lock(mutex_);
  EndLocked(status);
}

void SubmitReactor::EndLocked(const absl::Status& status) {
  if (state_ == State::kEnded) return;
  state_ = State::kEnded;
  Finish(ToGrpcStatus(status));
}

void SubmitReactor::OnDone() {
  // Whatever ended the call: if the intake still holds its room, this frees it.
  if (handle_ != 0) front_.intake().Abandon(handle_);
  self_.reset();
}

}  // namespace fedround::coordinator
