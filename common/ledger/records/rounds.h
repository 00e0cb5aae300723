// The records that a round's own transaction writes: its numbers, its steps, its answers, and what
// came with the answers.
#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/ledger/columns.h"
#include "common/round/types.h"

namespace fedround::ledger {

// An answer that was accepted. Stamps are the coordinator's monotonic clock.
struct AnswerRow {
  std::uint32_t round = 0;
  ClientId client = 0;
  std::uint32_t step = 0;  // the collect step it answers
  TaskKind task = TaskKind::kTrain;
  std::uint64_t weight = 0;
  Metrics metrics{};                  // as the client reported them; rows of their own
  std::vector<HealthValue> health{};  // the same
  Nanos sent_ns = 0;                  // its instruction was handed to the driver
  Nanos received_ns = 0;              // the whole answer had arrived
  Nanos accepted_ns = 0;              // the client was told that it counts
  Nanos fold_start_ns = 0;            // 0 for answers with nothing to fold
  Nanos folded_ns = 0;
  AskId ask = 0;
};

template <>
struct Table<AnswerRow> {
  static constexpr absl::string_view kName = "answers";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column.Key("round", row.round);
    column.Key("client", row.client);
    column.Key("step", row.step);
    column("task", row.task);
    column("weight", row.weight);
    column("sent_ns", row.sent_ns);
    column("received_ns", row.received_ns);
    column("accepted_ns", row.accepted_ns);
    column("fold_start_ns", row.fold_start_ns);
    column("folded_ns", row.folded_ns);
    column("ask", row.ask);
  }
};

// One collect step of a round.
struct StepRow {
  std::uint32_t round = 0;
  std::uint32_t step = 0;
  TaskKind task = TaskKind::kTrain;
  Nanos start_ns = 0;
  Nanos broadcast_ns = 0;
  Nanos collect_ns = 0;
};

template <>
struct Table<StepRow> {
  static constexpr absl::string_view kName = "steps";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column.Key("round", row.round);
    column.Key("step", row.step);
    column("task", row.task);
    column("start_ns", row.start_ns);
    column("broadcast_ns", row.broadcast_ns);
    column("collect_ns", row.collect_ns);
  }
};

// The phases of the coordinator: a gapless chain from the end of the previous round. Broadcast and
// collect of a round are the sums over its steps.
enum class RoundPhase : std::uint8_t {
  kIdle,            // the model is evaluated before the round starts (evaluation.when = "after")
  kSelect,          // with the ledger's transaction of the previous round
  kBroadcast,       // sending the instructions
  kCollect,         // until the last fold
  kWaitEvaluation,  // of the previous round, which this one must not overtake
  kCommit,          // computing the next model from the sum
};
inline constexpr absl::string_view kRoundPhaseNames[] = {"idle",    "select",          "broadcast",
                                                         "collect", "wait_evaluation", "commit"};
inline constexpr int kRoundPhases = std::size(kRoundPhaseNames);

// The numbers of a committed round.
struct RoundFigures {
  std::uint32_t round = 0;
  std::uint64_t total_weight = 0;
  ModelId model_before = 0;
  ModelId model_after = 0;
  std::optional<double> train_loss;   // weighted mean over the folded clients, in id order
  Nanos start_ns = 0;                 // coordinator's monotonic clock where the first phase began
  Nanos phase_ns[kRoundPhases] = {};  // a gapless chain
  Nanos phase_cpu_ns[kRoundPhases] = {};  // of the coordinator's process, all threads
  Nanos fold_ns = 0;                      // beside the chain, like evaluation
  Nanos fold_cpu_ns = 0;
  Nanos record_ns = 0;  // the ledger's transaction of the previous round; part of select or idle
  std::uint64_t involuntary_switches = 0;  // of the coordinator's process
  Nanos steal_ns = 0;                      // taken from this machine's cores by the hypervisor
  Nanos probe_ns = 0;                      // a fixed piece of floating-point work, in select
  std::uint64_t payload_bytes_down = 0;    // tensors sent to clients
  std::uint64_t payload_bytes_up = 0;      // tensors received, folded or not
  std::uint64_t message_bytes_down = 0;    // protobuf messages sent, tensors included
  std::uint64_t message_bytes_up = 0;      // received
  std::uint64_t wire_bytes_down = 0;       // as the kernel counts them; 0 without sockets
  std::uint64_t wire_bytes_up = 0;
  std::uint64_t retransmitted_bytes_down = 0;
  std::uint32_t abandoned = 0;  // 1: too few had answered, and the model stayed as it was

  Nanos phase(RoundPhase which) const { return phase_ns[static_cast<int>(which)]; }
  Nanos& phase(RoundPhase which) { return phase_ns[static_cast<int>(which)]; }
};

// The row of table `rounds`, which has only the sizes of the sets.
struct RoundRow : RoundFigures {
  std::uint64_t cohort_size = 0;
  std::uint64_t folded_count = 0;
  std::uint64_t dropped_count = 0;
};

template <>
struct Table<RoundRow> {
  static constexpr absl::string_view kName = "rounds";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column.Key("round", row.round);
    column("cohort", row.cohort_size);
    column("folded", row.folded_count);
    column("dropped", row.dropped_count);
    column("total_weight", row.total_weight);
    column.Model("model_before", row.model_before);
    column.Model("model_after", row.model_after);
    column("train_loss", row.train_loss);
    column("start_ns", row.start_ns);
    column.Phases(kRoundPhaseNames, "_ns", row.phase_ns);
    column.Phases(kRoundPhaseNames, "_cpu_ns", row.phase_cpu_ns);
    column("fold_ns", row.fold_ns);
    column("fold_cpu_ns", row.fold_cpu_ns);
    column("record_ns", row.record_ns);
    column("involuntary_switches", row.involuntary_switches);
    column("steal_ns", row.steal_ns);
    column("probe_ns", row.probe_ns);
    column("payload_bytes_down", row.payload_bytes_down);
    column("payload_bytes_up", row.payload_bytes_up);
    column("message_bytes_down", row.message_bytes_down);
    column("message_bytes_up", row.message_bytes_up);
    column("wire_bytes_down", row.wire_bytes_down);
    column("wire_bytes_up", row.wire_bytes_up);
    column("retransmitted_bytes_down", row.retransmitted_bytes_down);
    column("abandoned", row.abandoned);
  }
};

// With everything that is written in its transaction, before the next round is broadcast.
struct RoundRecord : RoundFigures {
  std::vector<ClientId> cohort;      // as drawn, ascending
  std::vector<ClientId> dropped;     // removed on purpose (federation.dropout), ascending
  std::vector<StepRow> steps;        // in order
  std::vector<AnswerRow> evaluated;  // answers to the evaluate step, in id order
  std::vector<AnswerRow> folded;     // in id order
};

// A number that a folded client reported with its update.
struct MetricRow {
  std::uint32_t round = 0;
  ClientId client = 0;
  std::string name;
  std::optional<double> value;
};

template <>
struct Table<MetricRow> {
  static constexpr absl::string_view kName = "metrics";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column.Key("round", row.round);
    column.Key("client", row.client);
    column.Key("name", row.name);
    column("value", row.value);
  }
};

struct HealthRow : HealthValue {
  std::uint32_t round = 0;
  std::optional<ClientId> client;  // none: the coordinator's
};

template <>
struct Table<HealthRow> {
  static constexpr absl::string_view kName = "health";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column("round", row.round);
    column("client", row.client);
    column("layer", row.layer);
    column("quantity", row.quantity);
    column("value", row.value);
  }
};

}  // namespace fedround::ledger
