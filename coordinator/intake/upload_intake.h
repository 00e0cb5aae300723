// Where payloads arrive: credits, pooled buffers, and every check that an update must pass on its
// own.
//
// A driver (gRPC or in-process) offers a header, waits for the credit, appends the payload as it
// arrives and finishes. An answer names the ask that it answers, and only asks that the coordinator
// expects an answer to are open. Not reading from a socket does not bound memory, since gRPC buffers; the
// credit does: no payload byte is sent before there is room for all of it. An update that is
// malformed, not finite or off the grid is refused here and has changed nothing; whether it is
// still wanted is the engine's decision, which is reported through the same `done`.
//
// Life of an upload: Offer -> (on_credit) -> Append* -> Finish -> done(status). `done` is called
// exactly once for each successful Offer unless the driver abandons it first. When the driver has
// finished with an upload, however that ended, it calls Abandon: only then is it certain that the
// payload's memory is not written to any more. That is harmless for an update that was received.
// Thread-safe. Callbacks run on whatever thread caused them, without locks held, and must not
// block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/aligned_buffer.h"
#include "common/base/clock.h"
#include "common/base/hash.h"
#include "common/base/mutex.h"
#include "common/fold/grid.h"
#include "common/round/types.h"
#include "coordinator/intake/payload_decoder.h"
#include "coordinator/upload_handle.h"

namespace fedround::coordinator {

// The stamps of an answer that has arrived.
struct UploadTimes {
  Nanos offered_ns = 0;   // its header
  Nanos received_ns = 0;  // all of it
};

class UploadIntake {
 public:
  struct Options {
    fold::Grid grid;
    std::vector<SectionFormat> sections;  // what an update consists of
    std::vector<ScalarLayout> scalars{};  // and what comes with it
    std::uint64_t buffer_bytes = 0;       // credits; one upload is always admitted
    // How much of an upload the driver may hold before it appends it: a credit covers that as well.
    std::uint64_t message_bytes = 0;
    // An upload that holds a credit and has not moved for this long ends.
    Nanos stall = 30 * kNanosPerSecond;
    std::string run_id;
    std::uint32_t incarnation = 0;
  };
  using OnCredit = std::function<void()>;
  using OnDone = std::function<void(absl::Status)>;
  // How many bytes have moved on the connection of an upload so far, since an upload does not stand
  // still while a long message arrives. Must not block.
  using WireBytes = std::function<std::uint64_t()>;
  // Called for every update that passed all checks here. It must be decided later by Accept or
  // Refuse.
  using OnReceived = std::function<void(UploadHandle, const UpdateHeader&, const UploadTimes&)>;

  // Called for every update from an expected client that was refused here as unusable.
  using OnRefused = std::function<void(const UpdateHeader&, const absl::Status&)>;

  UploadIntake(Options options, OnReceived on_received, OnRefused on_refused);

  // ---- for drivers ----

  // Checks everything that a header alone can show, then queues for credit (first come, first
  // served). `on_credit` is called once there is room, perhaps before Offer returns. An older
  // upload of the same client that is not complete ends with ABORTED: a client sends one at a time,
  // so the older call must have broken. Errors:
  // - INVALID_ARGUMENT: another protocol, run or incarnation, sections that are not the run's,
  //   weight 0
  // - FAILED_PRECONDITION: its ask is closed
  // - NOT_FOUND: an ask that there never was, or another client's
  // - ALREADY_EXISTS: the ask has been answered
  absl::StatusOr<UploadHandle> Offer(const UpdateHeader& header, OnCredit on_credit, OnDone done,
                                     WireBytes wire_bytes = nullptr);

  // The next bytes of the payload, in order. Only after the credit.
  // Errors: INVALID_ARGUMENT for more bytes than announced, bytes that do not decode, an entry that
  // is not finite or beyond the grid's max_abs; FAILED_PRECONDITION if the round has closed
  // meanwhile. After an error: Abandon.
  absl::Status Append(UploadHandle handle, std::span<const std::byte> bytes);

  // The payload is complete. Errors (then Abandon): INVALID_ARGUMENT for missing bytes or a wrong
  // checksum; FAILED_PRECONDITION if the round has closed meanwhile. OK: wait for `done`.
  absl::Status Finish(UploadHandle handle);

  // The peer is gone, or an error was reported to it. Frees the room; the client may try again.
  void Abandon(UploadHandle handle);

  // ---- for the coordinator ----

  // From now on an answer to this ask is accepted. If it is open already, its client was away: an
  // upload from before then ends.
  void Expect(const Ask& ask);
  // Call it every `step`. Uploads that hold a credit and have stood still for too long end with
  // ABORTED, and their clients may try again: after Options::stall or, while others wait for their
  // room, after kPatience, which doubles each time an answer to the same ask is cut off. So a
  // silent holder of a credit holds up nobody for long, and one that is only slow gets through.
  void EndStalled(Nanos step);
  // All asks are closed; unfinished uploads end with FAILED_PRECONDITION "late".
  void Close();
  // The run is over: uploads that were received but will never be decided end as well, and nothing
  // is accepted again.
  void Shutdown();

  // The engine's decision on a received update. After Accept the payload stays until Release.
  void Accept(UploadHandle handle);
  void Refuse(UploadHandle handle, absl::Status why);
  // The decoded payload of an accepted update, its sections one after the other; empty for answers
  // without one.
  std::span<const float> Payload(UploadHandle handle) const;
  // The same, to be kept: before Release, which then gives back only the credit.
  FloatBuffer TakePayload(UploadHandle handle);
  void Release(UploadHandle handle);

  // A buffer of the pool, as large as a decoded update, for the coordinator's own use between
  // rounds; give it back.
  FloatBuffer BorrowBuffer();
  void ReturnBuffer(FloatBuffer buffer);

  // What it holds at this moment. Between rounds everything but the pool is empty.
  struct Holdings {
    std::size_t uploads = 0;
    std::uint64_t granted_bytes = 0;
    std::size_t pooled_buffers = 0;
  };
  Holdings holdings() const;

 private:
  struct Upload;
  enum class Ended : std::uint8_t;
  // An open ask, and what its client has sent so far.
  struct OpenAsk {
    enum class State : std::uint8_t { kNone, kUploading, kReceived };
    Ask ask;
    State state = State::kNone;
    int cuts = 0;  // uploads that ended because they stood still
  };
  static constexpr Nanos kPatience = 2 * kNanosPerSecond;

  absl::Status CheckScalars(const Scalars& scalars) const;
  absl::Status CheckHeader(const UpdateHeader& header) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Credits that an upload of this payload takes.
  std::uint64_t Charge(std::uint64_t payload_bytes) const;
  // The upload, unless we have ended it.
  absl::StatusOr<std::shared_ptr<Upload>> Find(UploadHandle handle) const;
  void Remove(UploadHandle handle, bool may_try_again);
  static absl::Status Why(Ended ended);
  // How long an upload that holds a credit may stand still.
  Nanos PatienceWith(const OpenAsk& open) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Marks it as ended by us; returns its `done`, to be called unlocked, which may be empty.
  static OnDone Cancel(Upload& upload, Ended why);
  // Ends uploads for this ask that are not complete; appends their `done`.
  void CancelUnfinished(OpenAsk& open, std::vector<OnDone>& ended)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  FloatBuffer TakeBuffer() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes credits for as many waiting uploads as fit; returns their callbacks, to be run unlocked.
  std::vector<OnCredit> GrantCredits() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  const std::size_t decoded_size_;      // entries of an update, in all sections
  const std::uint64_t decoding_bytes_;  // memory for one
  const OnReceived on_received_;
  const OnRefused on_refused_;

  mutable Mutex mutex_;
  std::map<UploadHandle, std::shared_ptr<Upload>> uploads_ ABSL_GUARDED_BY(mutex_);
  std::deque<UploadHandle> waiting_ ABSL_GUARDED_BY(mutex_);
  std::vector<FloatBuffer> pool_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t granted_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  UploadHandle next_handle_ ABSL_GUARDED_BY(mutex_) = 1;
  bool shut_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<AskId, OpenAsk> asks_ ABSL_GUARDED_BY(mutex_);  // those that are open
  AskId last_ask_ ABSL_GUARDED_BY(mutex_) = 0;             // of all that were ever open
};

}  // namespace fedround::coordinator
