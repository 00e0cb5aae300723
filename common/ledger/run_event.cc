#include "common/ledger/run_event.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/ledger/json_members.h"

namespace fedround::ledger {
namespace {

constexpr std::size_t kLongestLine = 1 << 20;

using Kind = RunEvent::Kind;

struct KindName {
  Kind kind;
  absl::string_view name;
};
constexpr KindName kKindNames[] = {
    {Kind::kStarted, "started"},     {Kind::kJoined, "joined"},   {Kind::kRound, "round"},
    {Kind::kEvaluated, "evaluated"}, {Kind::kFailure, "failure"}, {Kind::kNotice, "notice"},
    {Kind::kFinished, "finished"},
};

template <typename Json, typename Event>
void RoundMembers(Json& json, Event& event) {
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

template <typename Json, typename Event>
void EvaluatedMembers(Json& json, Event& event) {
  json.Member("round", event.round);
  json.Member("accuracy", event.accuracy);
  json.Member("loss", event.loss);
  json.Member("validation_accuracy", event.validation_accuracy);
  json.Member("validation_loss", event.validation_loss);
  json.Member("clients_accuracy", event.clients_accuracy);
  json.Member("clients_loss", event.clients_loss);
  json.Member("evaluate_s", event.evaluate_s);
}

template <typename Json, typename Event>
void FinishedMembers(Json& json, Event& event) {
  json.Member("outcome", event.outcome);
  json.Member("message", event.message);
  json.Member("exit_code", event.exit_code);
  json.Member("rounds_done", event.round);
  json.Member("accuracy", event.accuracy);
  json.Member("loss", event.loss);
  json.Member("best_accuracy", event.best_accuracy);
  json.Member("best_round", event.best_round);
  json.Member("model_sha256", event.model_sha256);
  json.Member("end_time", event.end_time);
  json.Member("cpu_s", event.cpu_s);
  json.Member("peak_rss_bytes", event.peak_rss_bytes);
}

// The members of each kind, for both directions.
template <typename Json, typename Event>
void Members(Json& json, Event& event) {
  switch (event.kind) {
    case Kind::kStarted:
      json.Member("run_id", event.run_id);
      json.Member("rounds", event.rounds);
      json.Member("clients", event.clients);
      json.Member("parameters", event.parameters);
      json.Member("message", event.message);
      json.Member("initial", event.initial);
      return;
    case Kind::kJoined:
      return json.Member("clients", event.clients);
    case Kind::kRound:
      return RoundMembers(json, event);
    case Kind::kEvaluated:
      return EvaluatedMembers(json, event);
    case Kind::kFailure:
      json.Member("round", event.round);
      json.Member("client", event.client);
      json.Member("what", event.what);
      json.Member("message", event.message);
      return;
    case Kind::kNotice:
      return json.Member("message", event.message);
    case Kind::kFinished:
      return FinishedMembers(json, event);
  }
}

}  // namespace

std::string ToJson(const RunEvent& event) {
  JsonWriter json;
  const auto named = std::ranges::find(kKindNames, event.kind, &KindName::kind);
  json.Member("event", std::string(named->name));
  Members(json, event);
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
  const auto named = std::ranges::find(kKindNames, name, &KindName::name);
  if (named == std::end(kKindNames)) {
    RETURN_IF_ERROR(std::move(json).Finish());
    return absl::InvalidArgumentError(absl::StrCat("unknown event \"", name, "\""));
  }
  RunEvent event;
  event.kind = named->kind;
  Members(json, event);
  RETURN_IF_ERROR(std::move(json).Finish());
  return event;
}

}  // namespace fedround::ledger
