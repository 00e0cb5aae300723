#include "common/ledger/run_event.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/ledger/json_members.h"

namespace fedround::ledger {
namespace {

constexpr std::size_t kLongestLine = 1 << 20;

// ---- what each event carries, for both directions ----

template <typename Json>
void Members(Json& json, event::Started& event) {
  json.Member("run_id", event.run_id);
  json.Member("rounds", event.rounds);
  json.Member("clients", event.clients);
  json.Member("parameters", event.parameters);
  json.Member("message", event.address);
  json.Member("initial", event.initial);
}

template <typename Json>
void Members(Json& json, event::Joined& event) {
  json.Member("clients", event.clients);
}

template <typename Json>
void Members(Json& json, event::Round& event) {
  json.Member("round", event.round);
  json.Member("cohort", event.cohort);
  json.Member("folded", event.folded);
  json.Member("wall_s", event.wall_s);
  json.Member("modelled_s", event.modelled_s);
  for (int i = 0; i < kClientPhases; ++i) {
    json.Member(absl::StrCat(kClientPhaseNames[i], "_s"), event.phase_s[i]);
  }
  json.Member("fold_s", event.fold_s);
  json.Member("commit_s", event.commit_s);
  json.Member("payload_bytes_down", event.payload_bytes_down);
  json.Member("payload_bytes_up", event.payload_bytes_up);
  json.Member("message_bytes_down", event.message_bytes_down);
  json.Member("message_bytes_up", event.message_bytes_up);
  json.Member("wire_bytes_down", event.wire_bytes_down);
  json.Member("wire_bytes_up", event.wire_bytes_up);
}

template <typename Json>
void Members(Json& json, event::Evaluated& event) {
  json.Member("round", event.round);
  json.Member("accuracy", event.accuracy);
  json.Member("loss", event.loss);
  json.Member("validation_accuracy", event.validation_accuracy);
  json.Member("validation_loss", event.validation_loss);
  json.Member("clients_accuracy", event.clients_accuracy);
  json.Member("clients_loss", event.clients_loss);
  json.Member("evaluate_s", event.evaluate_s);
}

template <typename Json>
void Members(Json& json, event::Failure& event) {
  json.Member("round", event.round);
  json.Member("client", event.client);
  json.Member("what", event.what);
  json.Member("message", event.message);
}

template <typename Json>
void Members(Json& json, event::Notice& event) {
  json.Member("message", event.message);
}

template <typename Json>
void Members(Json& json, event::Finished& event) {
  json.Member("outcome", event.verdict.outcome);
  json.Member("message", event.verdict.message);
  json.Member("exit_code", event.verdict.exit_code);
  json.Member("rounds_done", event.rounds_done);
  json.Member("accuracy", event.accuracy);
  json.Member("loss", event.loss);
  json.Member("best_accuracy", event.best_accuracy);
  json.Member("best_round", event.best_round);
  json.Member("model_sha256", event.model_sha256);
  json.Member("end_time", event.end_time);
  json.Member("cpu_s", event.cpu_s);
  json.Member("peak_rss_bytes", event.peak_rss_bytes);
}

// Sets the event of that name, with its members at their defaults; false if there is none.
template <typename... Kinds>
bool SetKind(absl::string_view name, std::variant<Kinds...>& event) {
  return ((name == Kinds::kName && (event.template emplace<Kinds>(), true)) || ...);
}

}  // namespace

std::string ToJson(const RunEvent& event) {
  JsonWriter json;
  // By value, because Members, which also serves the reader, needs one that it could change.
  std::visit(
      [&json](auto kind) {
        json.Member("event", std::string(kind.kName));
        Members(json, kind);
      },
      event);
  return json.OneLine();
}

absl::StatusOr<RunEvent> RunEventFromJson(absl::string_view line) {
  if (line.size() > kLongestLine) {
    return absl::InvalidArgumentError(
        absl::StrCat("event line of ", line.size(), " bytes; the limit is ", kLongestLine));
  }
  ASSIGN_OR_RETURN(JsonReader json, JsonReader::Parse(line));
  std::string name;
  json.Member("event", name);
  RunEvent event;
  if (!SetKind(name, event)) {
    RETURN_IF_ERROR(std::move(json).Finish());
    return absl::InvalidArgumentError(absl::StrCat("unknown event \"", name, "\""));
  }
  std::visit([&json](auto& kind) { Members(json, kind); }, event);
  RETURN_IF_ERROR(std::move(json).Finish());
  return event;
}

}  // namespace fedround::ledger
