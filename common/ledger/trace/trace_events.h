// Events of the Trace Event Format, as text: what ui.perfetto.dev and chrome://tracing open.
// Times are nanoseconds since the trace's start; the format wants microseconds.
// Source: "Trace Event Format", Google, 2016,
// https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "common/base/clock.h"

namespace fedround::ledger {

// A row in the picture.
struct TraceTrack {
  std::uint64_t process = 0;
  std::uint64_t thread = 0;
};

class TraceEvents {
 public:
  // Rows are named, and shown in the order of their ids.
  void NameProcess(std::uint64_t process, absl::string_view name);
  void NameThread(TraceTrack track, absl::string_view name);

  // From `start` to `end`; nothing if that is empty. What began before the trace is cut off. `name`
  // and `args`, the members of a JSON object, are written as they are. Slices of one track may nest
  // but must not overlap otherwise.
  void Slice(TraceTrack track, absl::string_view name, Nanos start, Nanos end,
             absl::string_view args = "");

  // A moment; `message` may be any text.
  void Instant(TraceTrack track, absl::string_view message, Nanos at);

  // An arrow from the slice of `from` at one time to the slice of `to` at another.
  void Arrow(absl::string_view name, TraceTrack from, Nanos start, TraceTrack to, Nanos end);

  // What was written since the last Take, with a comma before each event but the first.
  std::string& text() { return text_; }

 private:
  void Begin(absl::string_view kind, TraceTrack track);

  std::string text_;
  bool first_ = true;
  std::uint64_t arrows_ = 0;
};

}  // namespace fedround::ledger
