#include "common/ledger/trace/trace_events.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace fedround::ledger {
namespace {

// 1234567 ns as "1234.567".
void AppendMicros(std::string& text, Nanos nanos) {
  absl::StrAppend(&text, nanos / 1000, ".", absl::Dec(nanos % 1000, absl::kZeroPad3));
}

std::string Quoted(absl::string_view text) {
  return nlohmann::json(std::string(text))
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void TraceEvents::Begin(absl::string_view kind, TraceTrack track) {
  absl::StrAppend(&text_, first_ ? "\n" : ",\n", "{\"ph\":\"", kind, "\",\"pid\":", track.process,
                  ",\"tid\":", track.thread);
  first_ = false;
}

void TraceEvents::NameProcess(std::uint64_t process, absl::string_view name) {
  Begin("M", {process, 0});
  absl::StrAppend(&text_, ",\"name\":\"process_name\",\"args\":{\"name\":", Quoted(name), "}}");
  Begin("M", {process, 0});
  absl::StrAppend(&text_, ",\"name\":\"process_sort_index\",\"args\":{\"sort_index\":", process,
                  "}}");
}

void TraceEvents::NameThread(TraceTrack track, absl::string_view name) {
  Begin("M", track);
  absl::StrAppend(&text_, ",\"name\":\"thread_name\",\"args\":{\"name\":", Quoted(name), "}}");
  Begin("M", track);
  absl::StrAppend(&text_, ",\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":", track.thread,
                  "}}");
}

void TraceEvents::Slice(TraceTrack track, absl::string_view name, Nanos start, Nanos end,
                        absl::string_view args) {
  start = std::max<Nanos>(start, 0);
  if (end <= start) return;
  Begin("X", track);
  absl::StrAppend(&text_, ",\"name\":\"", name, "\",\"ts\":");
  AppendMicros(text_, start);
  absl::StrAppend(&text_, ",\"dur\":");
  AppendMicros(text_, end - start);
  if (!args.empty()) absl::StrAppend(&text_, ",\"args\":{", args, "}");
  text_ += '}';
}

void TraceEvents::Instant(TraceTrack track, absl::string_view message, Nanos at) {
  Begin("i", track);
  absl::StrAppend(&text_, ",\"s\":\"t\",\"name\":", Quoted(message), ",\"ts\":");
  AppendMicros(text_, std::max<Nanos>(at, 0));
  text_ += '}';
}

void TraceEvents::Arrow(absl::string_view name, TraceTrack from, Nanos start, TraceTrack to,
                        Nanos end) {
  ++arrows_;
  Begin("s", from);
  absl::StrAppend(&text_, ",\"cat\":\"flow\",\"id\":", arrows_, ",\"name\":\"", name, "\",\"ts\":");
  AppendMicros(text_, std::max<Nanos>(start, 0));
  text_ += '}';
  Begin("f", to);
  absl::StrAppend(&text_, ",\"bp\":\"e\",\"cat\":\"flow\",\"id\":", arrows_, ",\"name\":\"", name,
                  "\",\"ts\":");
  AppendMicros(text_, std::max<Nanos>(end, 0));
  text_ += '}';
}

}  // namespace fedround::ledger
