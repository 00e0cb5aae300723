// How uploads of many threads meet one mutex.
//
// What is hard: every upload has a thread of its driver, the coordinator's loop opens and closes
// steps meanwhile, and each of them may have to call back into another: credit for one upload
// follows from the end of another one, and `done` goes to a gRPC reaction that may call Abandon at
// once. A callback under the lock would be a deadlock sooner or later.
//
// The idea: every operation has two phases. Under the mutex it only changes the books (who is
// expected, who holds how much credit, how an upload has ended) and *moves out* the callbacks that
// follow from it, so that each can be taken once; then it lets go of the mutex and calls them. Of
// two threads that race to end an upload, one finds `done` and the other finds it empty: that is
// why it is called exactly once, and why there is no "already told" flag.
//
// Payload bytes are not under the mutex at all: between Offer and Finish only the one thread of
// that upload decodes into its buffer. What the other side may do to it meanwhile is set `ended`,
// which Append and Finish look at, and which keeps the buffer until the driver has called Abandon:
// memory that somebody may still be writing to is never given to the next upload.
//
//   who             under the mutex                                then, without it
//   Offer           checks and books the header, grants credit     done(replaced), on_credit
//   Append          looks whether the upload has ended             decodes, hashes, checks the grid
//   Finish          marks it as received, unless it has ended      on_received
//   Accept          takes `done`                                   done(OK)
//   Expect          opens the ask; marks what is under way for     done(replaced)
//                   it as ended, takes `done`
//   Close           marks all under way as ended, takes `done`     done(late)
//   Abandon,        removes it, returns credit and buffer,         on_credit of who now fits
//     Release         grants what now fits
#include "coordinator/intake/upload_intake.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/measure/stall_meter.h"
#include "common/base/status_macros.h"

namespace fedround::coordinator {

// Why we ended an upload before it was received completely.
enum class UploadIntake::Ended : std::uint8_t {
  kNot,
  kClosed,    // its ask was closed
  kReplaced,  // its client has begun another, or joined again
  kStalled,
};

namespace {

absl::Status ClosedError() {
  return absl::FailedPreconditionError("late: the round closed during the upload");
}

}  // namespace

// What the client is told, by whichever thread.
absl::Status UploadIntake::Why(Ended ended) {
  switch (ended) {
    case Ended::kReplaced:
      return absl::AbortedError("the client has begun another upload, or joined again");
    case Ended::kStalled:
      return absl::AbortedError("the upload stalled while it held a credit: send it again");
    case Ended::kNot:
    case Ended::kClosed:
      break;
  }
  return ClosedError();
}

// Between Offer and Finish only the driver's one thread for this upload writes the payload members;
// the rest is guarded by UploadIntake::mutex_.
struct UploadIntake::Upload {
  UpdateHeader header;
  OnCredit on_credit;
  OnDone done;
  WireBytes wire_bytes;  // may be empty
  Nanos offered_ns = 0;
  std::uint64_t payload_bytes = 0;
  bool granted = false;   // holds credits and, if it has a payload, a buffer
  bool received = false;  // handed to the engine
  Ended ended = Ended::kNot;
  StallMeter meter;  // of payload; counts from the credit on
  FloatBuffer buffer;
  std::optional<PayloadDecoder> decoder;  // writes to the buffer; from the first byte on
  std::uint64_t bytes = 0;                // appended so far
  Xxh3Stream hash;

  bool IsUnderWay() const { return !received && ended == Ended::kNot; }
};

UploadIntake::UploadIntake(Options options, OnReceived on_received, OnRefused on_refused)
    : options_(std::move(options)),
      decoded_size_(DecodedSize(options_.sections)),
      decoding_bytes_(DecodingBytes(options_.sections)),
      on_received_(std::move(on_received)),
      on_refused_(std::move(on_refused)) {}

absl::StatusOr<UploadHandle> UploadIntake::Offer(const UpdateHeader& header, OnCredit on_credit,
                                                 OnDone done, WireBytes wire_bytes) {
  const Nanos now = MonotonicNow();
  std::vector<OnCredit> granted;
  std::vector<OnDone> replaced;
  UploadHandle handle = 0;
  absl::Status refused;
  bool was_expected = false;
  {
    MutexLock lock(mutex_);
    refused = CheckHeader(header);
    if (refused.ok()) {
      OpenAsk& open = asks_.at(header.ask);
      CancelUnfinished(open, replaced);
      handle = next_handle_++;
      auto upload = std::make_shared<Upload>();
      upload->header = header;
      upload->on_credit = std::move(on_credit);
      upload->done = std::move(done);
      upload->wire_bytes = std::move(wire_bytes);
      upload->offered_ns = now;
      upload->payload_bytes = header.payload_bytes();
      uploads_.emplace(handle, std::move(upload));
      open.state = OpenAsk::State::kUploading;
      waiting_.push_back(handle);
      granted = GrantCredits();
    } else {
      // An invalid header while a good upload of the client is under way says nothing about that.
      const auto open = asks_.find(header.ask);
      was_expected = absl::IsInvalidArgument(refused) && open != asks_.end() &&
                     open->second.state == OpenAsk::State::kNone;
    }
  }
  if (!refused.ok()) {
    if (was_expected) on_refused_(header, refused);
    return refused;
  }
  for (const OnDone& end : replaced) {
    if (end) end(Why(Ended::kReplaced));
  }
  for (const OnCredit& callback : granted) callback();
  return handle;
}

std::uint64_t UploadIntake::Charge(std::uint64_t payload_bytes) const {
  if (payload_bytes == 0) return 0;
  return std::max(payload_bytes, decoding_bytes_) + std::min(payload_bytes, options_.message_bytes);
}

std::vector<UploadIntake::OnCredit> UploadIntake::GrantCredits() {
  std::vector<OnCredit> callbacks;
  while (!waiting_.empty()) {
    Upload& upload = *uploads_.at(waiting_.front());
    const std::uint64_t charge = Charge(upload.payload_bytes);
    const bool fits = granted_bytes_ + charge <= options_.buffer_bytes;
    if (!fits && granted_bytes_ > 0) break;
    waiting_.pop_front();
    granted_bytes_ += charge;
    upload.granted = true;
    upload.meter.Moved();
    if (upload.payload_bytes > 0) upload.buffer = TakeBuffer();
    callbacks.push_back(std::exchange(upload.on_credit, nullptr));
  }
  return callbacks;
}

absl::StatusOr<std::shared_ptr<UploadIntake::Upload>> UploadIntake::Find(
    UploadHandle handle) const {
  MutexLock lock(mutex_);
  const auto found = uploads_.find(handle);
  if (found == uploads_.end()) return ClosedError();
  if (found->second->ended != Ended::kNot) return Why(found->second->ended);
  return found->second;
}

absl::Status UploadIntake::Append(UploadHandle handle, std::span<const std::byte> bytes) {
  ASSIGN_OR_RETURN(const std::shared_ptr<Upload> upload, Find(handle));
  if (bytes.size() > upload->payload_bytes - upload->bytes) {
    const absl::Status status = absl::InvalidArgumentError(
        absl::StrCat("more than the announced ", upload->payload_bytes, " bytes of payload"));
    on_refused_(upload->header, status);
    return status;
  }
  if (bytes.empty()) return absl::OkStatus();  // an answer without payload has no buffer
  if (!upload->decoder.has_value()) {
    upload->decoder.emplace(options_.sections, upload->header.sections, upload->buffer.span(),
                            options_.grid);
  }
  const absl::Status decoded = upload->decoder->Append(bytes);
  upload->hash.Append(bytes);
  upload->bytes += bytes.size();
  upload->meter.Moved();
  if (!decoded.ok()) on_refused_(upload->header, decoded);
  return decoded;
}

absl::Status UploadIntake::Finish(UploadHandle handle) {
  ASSIGN_OR_RETURN(const std::shared_ptr<Upload> upload, Find(handle));
  absl::Status status;
  if (upload->bytes != upload->payload_bytes) {
    status = absl::InvalidArgumentError(absl::StrCat("payload ends after ", upload->bytes, " of ",
                                                     upload->payload_bytes, " bytes"));
  } else if (upload->header.checksum.has_value() &&
             *upload->header.checksum != upload->hash.Digest()) {
    status = absl::InvalidArgumentError("payload does not match its checksum");
  } else if (upload->decoder.has_value()) {
    status = upload->decoder->Finish();
  }
  if (!status.ok()) {
    on_refused_(upload->header, status);
    return status;
  }
  {
    MutexLock lock(mutex_);
    if (upload->ended != Ended::kNot || shut_) return Why(upload->ended);
    upload->received = true;
    asks_.at(upload->header.ask).state = OpenAsk::State::kReceived;
  }
  on_received_(handle, upload->header, {upload->offered_ns, MonotonicNow()});
  return absl::OkStatus();
}

void UploadIntake::Remove(UploadHandle handle, bool may_try_again) {
  std::vector<OnCredit> granted;
  {
    MutexLock lock(mutex_);
    const auto found = uploads_.find(handle);
    if (found == uploads_.end()) return;
    const std::shared_ptr<Upload> upload = found->second;
    uploads_.erase(found);
    if (upload->granted) {
      granted_bytes_ -= Charge(upload->payload_bytes);
      if (!upload->buffer.empty()) pool_.push_back(std::move(upload->buffer));
    } else {
      std::erase(waiting_, handle);
    }
    const auto open = asks_.find(upload->header.ask);
    if (may_try_again && upload->ended == Ended::kNot && open != asks_.end()) {
      open->second.state = OpenAsk::State::kNone;
    }
    granted = GrantCredits();
  }
  for (const OnCredit& callback : granted) callback();
}

void UploadIntake::Abandon(UploadHandle handle) {
  {
    // Once received, the update is the engine's: a peer that hangs up now does not take it back.
    MutexLock lock(mutex_);
    const auto found = uploads_.find(handle);
    if (found == uploads_.end()) return;
    if (found->second->received) {
      found->second->done = nullptr;
      return;
    }
  }
  Remove(handle, /*may_try_again=*/true);
}

UploadIntake::OnDone UploadIntake::Cancel(Upload& upload, Ended why) {
  upload.ended = why;
  return std::exchange(upload.done, nullptr);
}

void UploadIntake::CancelUnfinished(OpenAsk& open, std::vector<OnDone>& ended) {
  if (open.state != OpenAsk::State::kUploading) return;
  open.state = OpenAsk::State::kNone;
  for (auto& [handle, upload] : uploads_) {
    if (upload->header.ask != open.ask.id || !upload->IsUnderWay()) continue;
    std::erase(waiting_, handle);
    ended.push_back(Cancel(*upload, Ended::kReplaced));
  }
}

void UploadIntake::Expect(const Ask& ask) {
  std::vector<OnDone> stale;
  {
    MutexLock lock(mutex_);
    last_ask_ = std::max(last_ask_, ask.id);
    OpenAsk& open = asks_.try_emplace(ask.id, OpenAsk{.ask = ask}).first->second;
    CancelUnfinished(open, stale);
  }
  for (const OnDone& done : stale) {
    if (done) done(Why(Ended::kReplaced));
  }
}

Nanos UploadIntake::PatienceWith(const OpenAsk& open) const {
  constexpr int kMostDoublings = 30;
  if (waiting_.empty()) return options_.stall;
  return std::min(options_.stall, kPatience << std::min(open.cuts, kMostDoublings));
}

void UploadIntake::EndStalled(Nanos step) {
  std::vector<OnDone> stalled;
  {
    MutexLock lock(mutex_);
    for (auto& [handle, upload] : uploads_) {
      if (!upload->granted || !upload->IsUnderWay()) continue;
      OpenAsk& open = asks_.at(upload->header.ask);
      if (upload->wire_bytes) upload->meter.MovedTo(upload->wire_bytes());
      if (upload->meter.Look(step) < PatienceWith(open)) continue;
      ++open.cuts;
      open.state = OpenAsk::State::kNone;
      stalled.push_back(Cancel(*upload, Ended::kStalled));
    }
  }
  for (const OnDone& done : stalled) {
    if (done) done(Why(Ended::kStalled));
  }
}

void UploadIntake::Close() {
  std::vector<OnDone> late;
  {
    MutexLock lock(mutex_);
    asks_.clear();
    waiting_.clear();
    for (auto& [handle, upload] : uploads_) {
      if (upload->IsUnderWay()) late.push_back(Cancel(*upload, Ended::kClosed));
    }
  }
  for (const OnDone& done : late) {
    if (done) done(ClosedError());
  }
}

void UploadIntake::Shutdown() {
  Close();
  std::vector<OnDone> undecided;
  {
    MutexLock lock(mutex_);
    shut_ = true;
    for (auto& [handle, upload] : uploads_) undecided.push_back(Cancel(*upload, Ended::kClosed));
  }
  for (const OnDone& done : undecided) {
    if (done) done(absl::FailedPreconditionError("the run is over"));
  }
}

void UploadIntake::Accept(UploadHandle handle) {
  OnDone done;
  {
    MutexLock lock(mutex_);
    const auto found = uploads_.find(handle);
    if (found == uploads_.end()) return;
    done = std::exchange(found->second->done, nullptr);
  }
  if (done) done(absl::OkStatus());
}

void UploadIntake::Refuse(UploadHandle handle, absl::Status why) {
  OnDone done;
  {
    MutexLock lock(mutex_);
    const auto found = uploads_.find(handle);
    if (found == uploads_.end()) return;
    done = std::exchange(found->second->done, nullptr);
  }
  Remove(handle, /*may_try_again=*/true);
  if (done) done(std::move(why));
}

std::span<const float> UploadIntake::Payload(UploadHandle handle) const {
  MutexLock lock(mutex_);
  return std::as_const(uploads_.at(handle)->buffer).span();
}

FloatBuffer UploadIntake::TakePayload(UploadHandle handle) {
  MutexLock lock(mutex_);
  return std::exchange(uploads_.at(handle)->buffer, {});
}

void UploadIntake::Release(UploadHandle handle) { Remove(handle, /*may_try_again=*/false); }

FloatBuffer UploadIntake::BorrowBuffer() {
  MutexLock lock(mutex_);
  return TakeBuffer();
}

void UploadIntake::ReturnBuffer(FloatBuffer buffer) {
  MutexLock lock(mutex_);
  pool_.push_back(std::move(buffer));
}

UploadIntake::Holdings UploadIntake::holdings() const {
  MutexLock lock(mutex_);
  return {uploads_.size(), granted_bytes_, pool_.size()};
}

FloatBuffer UploadIntake::TakeBuffer() {
  if (pool_.empty()) return FloatBuffer(decoded_size_);
  FloatBuffer buffer = std::move(pool_.back());
  pool_.pop_back();
  return buffer;
}

}  // namespace fedround::coordinator
