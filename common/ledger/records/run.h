// The records of a run that do not belong to a round's own transaction and are written when they
// are known: bytes moved, costs of tasks, clients that joined, scores, failures, and the verdict.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/ledger/columns.h"
#include "common/round/types.h"

namespace fedround::ledger {

// What moved over one connection between two commits. Round 0: before round 1 began.
struct TrafficRecord {
  std::uint32_t round = 0;
  std::uint64_t connection = 0;
  std::uint64_t calls = 0;               // calls that began
  std::uint64_t payload_bytes_down = 0;  // tensors
  std::uint64_t payload_bytes_up = 0;
  std::uint64_t message_bytes_down = 0;  // protobuf messages, tensors included
  std::uint64_t message_bytes_up = 0;
  std::uint64_t wire_bytes_down = 0;  // TCP payload as the kernel counts it, retransmissions apart
  std::uint64_t wire_bytes_up = 0;
  std::uint64_t retransmitted_bytes_down = 0;
};

template <>
struct Table<TrafficRecord> {
  static constexpr absl::string_view kName = "traffic";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column.Key("round", row.round);
    column.Key("connection", row.connection);
    column("calls", row.calls);
    column("payload_bytes_down", row.payload_bytes_down);
    column("payload_bytes_up", row.payload_bytes_up);
    column("message_bytes_down", row.message_bytes_down);
    column("message_bytes_up", row.message_bytes_up);
    column("wire_bytes_down", row.wire_bytes_down);
    column("wire_bytes_up", row.wire_bytes_up);
    column("retransmitted_bytes_down", row.retransmitted_bytes_down);
  }
};

// A connection that a client used; counters are its last ones.
struct ConnectionRecord {
  std::uint64_t connection = 0;
  std::optional<ClientId> client;  // the first client it carried; none: a host's control connection
  std::string peer;
  Nanos opened_ns = 0;
  std::optional<Nanos> closed_ns;  // none: still open when the run ended
  std::uint64_t calls = 0;
  std::uint64_t wire_bytes_down = 0;
  std::uint64_t wire_bytes_up = 0;
  std::uint64_t retransmitted_bytes_down = 0;
};

template <>
struct Table<ConnectionRecord> {
  static constexpr absl::string_view kName = "connections";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column.Key("connection", row.connection);
    column("client", row.client);
    column("peer", row.peer);
    column("opened_ns", row.opened_ns);
    column("closed_ns", row.closed_ns);
    column("calls", row.calls);
    column("wire_bytes_down", row.wire_bytes_down);
    column("wire_bytes_up", row.wire_bytes_up);
    column("retransmitted_bytes_down", row.retransmitted_bytes_down);
  }
};

// What a task cost its client, and where the client's clock was.
struct TaskRow : TaskCost {
  std::uint32_t round = 0;
  std::uint32_t step = 0;
  TaskKind task = TaskKind::kTrain;
  Nanos device_ns = 0;  // DeviceTime of modelled_time.h
  // Coordinator's clock minus the client's, within +-clock_bound_ns; nothing if the stamps
  // contradict each other.
  std::optional<Nanos> clock_offset_ns;
  std::optional<Nanos> clock_bound_ns;
};

template <>
struct Table<TaskRow> {
  static constexpr absl::string_view kName = "tasks";
  // A peer may report twice: the first report counts.
  static constexpr absl::string_view kInsert = "INSERT OR IGNORE";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column.Key("round", row.round);
    column.Key("client", row.client);
    column.Key("step", row.step);
    column("task", row.task);
    column("start_ns", row.start_ns);
    column("end_ns", row.end_ns);
    column.Phases(kClientPhaseNames, "_ns", row.phase_ns);
    column.Phases(kClientPhaseNames, "_cpu_ns", row.phase_cpu_ns);
    column.Phases(kStepPhaseNames, "_ns", row.step_ns);
    column("steps", row.steps);
    column("sampled_steps", row.sampled_steps);
    column("involuntary_switches", row.involuntary_switches);
    column("device_ns", row.device_ns);
    column("clock_offset_ns", row.clock_offset_ns);
    column("clock_bound_ns", row.clock_bound_ns);
    column("payload_bytes_down", row.payload_bytes_down);
    column("payload_bytes_up", row.payload_bytes_up);
    column("message_bytes_down", row.message_bytes_down);
    column("message_bytes_up", row.message_bytes_up);
    column("ask", row.ask);
  }
};

// Which examples a model was scored on.
enum class ExamplesOf : std::uint8_t {
  kTest,
  kValidation,
  kClients,  // the cohort's own shards
};
constexpr std::array<const char*, 3> NamesOf(ExamplesOf) {
  return {"test", "validation", "clients"};
}

// A score of the model that a round ended with.
struct EvaluationRecord {
  std::uint32_t round = 0;  // 0: the initial model
  ExamplesOf examples_of = ExamplesOf::kTest;
  std::uint64_t examples = 0;
  double loss = 0;      // mean cross-entropy, natural logarithm
  double accuracy = 0;  // share classified correctly
  Nanos start_ns = 0;   // 0 for the clients' own
  Nanos wall_ns = 0;
  Nanos cpu_ns = 0;
  std::vector<HealthValue> health{};  // on these examples, if ledger.health; rows of their own
};

template <>
struct Table<EvaluationRecord> {
  static constexpr absl::string_view kName = "evaluations";
  // The last one counts.
  static constexpr absl::string_view kInsert = "REPLACE";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column.Key("round", row.round);
    column.Key("examples_of", row.examples_of);
    column("examples", row.examples);
    column("loss", row.loss);
    column("accuracy", row.accuracy);
    column("start_ns", row.start_ns);
    column("wall_ns", row.wall_ns);
    column("cpu_ns", row.cpu_ns);
  }
};

// Something that went wrong with one client; the run may go on.
struct FailureRecord {
  std::uint32_t round = 0;
  ClientId client = 0;
  FailureKind what = FailureKind::kAbsent;
  std::string message;
  Nanos at_ns = 0;
};

template <>
struct Table<FailureRecord> {
  static constexpr absl::string_view kName = "failures";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column("round", row.round);
    column("client", row.client);
    column("what", row.what);
    column("message", row.message);
    column("at_ns", row.at_ns);
  }
};

struct ClientRecord {
  ClientId client = 0;
  std::string host;
  std::int64_t pid = 0;
  std::uint64_t examples = 0;  // of its shard
  Nanos joined_ns = 0;
  std::optional<std::string> name{};  // its name in the data; none: its number
};

template <>
struct Table<ClientRecord> {
  static constexpr absl::string_view kName = "clients";
  // The last Join counts.
  static constexpr absl::string_view kInsert = "REPLACE";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column.Key("client", row.client);
    column("host", row.host);
    column("pid", row.pid);
    column("examples", row.examples);
    column("joined_ns", row.joined_ns);
    column("name", row.name);
  }
};

// How a run ended. `exit_code` is the program's: 0 done, 1 failed, 3 data, 4 too few clients,
// 7 environment, 130/143 stopped by a signal.
struct Verdict {
  RunOutcome outcome = RunOutcome::kFailed;
  std::string message;
  int exit_code = 0;
};

template <>
struct Table<Verdict> {
  static constexpr absl::string_view kName = "verdict";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column("outcome", row.outcome);
    column("message", row.message);
    column("exit_code", row.exit_code);
  }
};

}  // namespace fedround::ledger
