// Text for a reader who may not be reading: a full pipe, a terminal held by Ctrl-S, a program that
// was stopped.
//
// The writer never waits; a thread of the queue's own does. The queue is bounded: beyond the limit
// the oldest pieces are dropped in favour of new ones, so that the last word always gets through.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/io/file.h"
#include "common/base/mutex.h"

namespace fedround {

// Thread-safe.
class OutputQueue {
 public:
  // How much text may wait: the events of more than 20,000 rounds.
  static constexpr std::size_t kUsualLimit = std::size_t{16} << 20;

  // Writes to `fd`, which must outlive the queue and is called `name` in errors.
  OutputQueue(int fd, std::string name, std::size_t limit_bytes = kUsualLimit);
  // Does not wait: what has not been written is lost.
  ~OutputQueue();
  OutputQueue(const OutputQueue&) = delete;
  OutputQueue& operator=(const OutputQueue&) = delete;

  // Never waits. A piece is written whole or not at all; the newest is never dropped.
  void Write(std::string piece);

  // Waits until everything is written. Errors: DEADLINE_EXCEEDED if the reader takes nothing for
  // `patience`; what the system says if writing has failed.
  absl::Status Drain(Nanos patience);

  // How many pieces were dropped.
  std::uint64_t dropped() const;

 private:
  void Loop();
  // The next piece; false once the queue is closed.
  bool Next(std::string& piece);
  absl::Status WriteOut(absl::string_view text);
  void Moved();

  const int fd_;
  const std::string name_;
  const std::size_t limit_bytes_;
  const Fd quit_;
  mutable Mutex mutex_;
  CondVar changed_;  // there is text, or there will be no more
  CondVar written_;
  std::deque<std::string> pieces_ ABSL_GUARDED_BY(mutex_);
  std::size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // of pieces_
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::uint64_t dropped_ ABSL_GUARDED_BY(mutex_) = 0;
  Nanos moved_ns_ ABSL_GUARDED_BY(mutex_) = 0;  // when something was last written
  absl::Status broken_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;  // last: it uses the members above
};

}  // namespace fedround
