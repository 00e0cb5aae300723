// What a running experiment tells its launcher: one JSON object per line on the coordinator's
// standard output. The `fedround` program shows its progress from these; `--format json` passes
// them through.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/ledger/records.h"
#include "common/round/types.h"

namespace fedround::ledger {

namespace event {

struct Started {
  static constexpr absl::string_view kName = "started";
  std::string run_id;
  std::uint32_t rounds = 0;
  std::uint64_t clients = 0;
  std::uint64_t parameters = 0;
  std::string address;  // empty: without sockets
  std::optional<std::string>
      initial;  // what was loaded from model.initial_weights; none: no such file
};

struct Joined {
  static constexpr absl::string_view kName = "joined";
  std::uint64_t clients = 0;  // connected so far
};

// A round was committed.
struct Round {
  static constexpr absl::string_view kName = "round";
  std::uint32_t round = 0;
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
};

// The model that `round` ended with was scored, by the coordinator or by the clients.
struct Evaluated {
  static constexpr absl::string_view kName = "evaluated";
  std::uint32_t round = 0;
  std::optional<double> accuracy, loss;
  std::optional<double> validation_accuracy, validation_loss;
  std::optional<double> clients_accuracy, clients_loss;
  double evaluate_s = 0;
};

struct Failure {
  static constexpr absl::string_view kName = "failure";
  std::uint32_t round = 0;
  std::optional<ClientId> client;
  FailureKind what = FailureKind::kAbsent;
  std::string message;
};

// Something that people should know although nothing has failed.
struct Notice {
  static constexpr absl::string_view kName = "notice";
  std::string message;
};

struct Finished {
  static constexpr absl::string_view kName = "finished";
  Verdict verdict;
  std::uint32_t rounds_done = 0;
  std::optional<double> accuracy, loss;  // the newest
  std::optional<double> best_accuracy;
  std::optional<std::uint64_t> best_round;  // the first with that accuracy
  std::string model_sha256;
  std::optional<std::string> end_time;  // 2026-01-31T12:34:56Z
  double cpu_s = 0;                     // of the coordinator
  std::uint64_t peak_rss_bytes = 0;
};

}  // namespace event

using RunEvent = std::variant<event::Started, event::Joined, event::Round, event::Evaluated,
                              event::Failure, event::Notice, event::Finished>;

// One line, without the newline.
std::string ToJson(const RunEvent& event);
// INVALID_ARGUMENT if `line` is not such a line.
absl::StatusOr<RunEvent> RunEventFromJson(absl::string_view line);

}  // namespace fedround::ledger
