// What a running experiment tells its launcher: one JSON object per line on the coordinator's
// standard output. The `fedround` program shows its progress from these; `--format json` passes
// them through.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/round/types.h"

namespace fedround::ledger {

struct RunEvent {
  enum class Kind {
    kStarted,  // run_id, rounds, clients, parameters, message (address; empty in process), initial
    kJoined,   // clients connected so far: `clients`
    kRound,    // a round was committed: round, folded, cohort, wall_s, modelled_s, phases, bytes
    kEvaluated,  // round, accuracy, loss (and validation_*, clients_* where scored)
    kFailure,    // round, client, what, message
    kNotice,     // message: something people should know although nothing has failed
    // outcome, message, exit_code, round (the last one), accuracy, loss (the newest),
    // best_accuracy, best_round, model_sha256, end_time, cpu_s, peak_rss_bytes
    kFinished,
  };
  Kind kind = Kind::kStarted;
  std::string run_id;
  std::uint32_t round = 0;
  std::uint32_t rounds = 0;
  std::uint64_t clients = 0;
  std::uint64_t parameters = 0;
  std::optional<std::string> initial;  // what was loaded from model.initial; none: nothing
  std::uint64_t cohort = 0;
  std::uint64_t folded = 0;
  double wall_s = 0;
  double modelled_s = 0;
  // Means over the train tasks reported so far, in seconds; index: ClientPhase.
  double phase_s[kClientPhases] = {};
  double fold_s = 0;
  double commit_s = 0;
  std::uint64_t payload_bytes_down = 0;
  std::uint64_t payload_bytes_up = 0;
  std::uint64_t message_bytes_down = 0;
  std::uint64_t message_bytes_up = 0;
  std::uint64_t wire_bytes_down = 0;
  std::uint64_t wire_bytes_up = 0;
  std::optional<double> accuracy, loss;
  std::optional<double> validation_accuracy, validation_loss;
  std::optional<double> clients_accuracy, clients_loss;
  double evaluate_s = 0;
  std::optional<ClientId> client;
  std::string what;
  std::string message;
  std::string outcome;
  int exit_code = 0;
  std::optional<double> best_accuracy;
  std::optional<std::uint64_t> best_round;  // the first with that accuracy
  std::string model_sha256;
  std::optional<std::string> end_time;  // 2026-01-31T12:34:56Z
  double cpu_s = 0;                     // of the coordinator
  std::uint64_t peak_rss_bytes = 0;
};

// One line, without the newline. Only the members that the kind uses are written.
std::string ToJson(const RunEvent& event);
// INVALID_ARGUMENT if `line` is not such a line.
absl::StatusOr<RunEvent> RunEventFromJson(absl::string_view line);

}  // namespace fedround::ledger
