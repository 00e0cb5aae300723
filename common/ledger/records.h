// What a run writes down, as plain structs. `proto/fedround/v1/ledger.proto` documents the columns;
// columns.h lists which member is which.
#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/round/types.h"

namespace fedround::ledger {

// An answer that was accepted. Stamps are the coordinator's monotonic clock.
struct AnswerRow {
  std::uint32_t round = 0;
  ClientId client = 0;
  std::uint32_t attempt = 0;  // the collect step it answers
  TaskKind task = TaskKind::kTrain;
  std::uint64_t weight = 0;
  Metrics metrics{};                  // as the client reported them; rows of their own
  std::vector<HealthValue> health{};  // the same
  Nanos sent_ns = 0;                  // its instruction was handed to the driver
  Nanos received_ns = 0;              // all of the answer had come
  Nanos accepted_ns = 0;              // the client was told that it counts
  Nanos fold_start_ns = 0;            // 0 for answers that nothing is folded of
  Nanos folded_ns = 0;
};

// One collect step of a round.
struct StepRow {
  std::uint32_t round = 0;
  std::uint32_t attempt = 0;
  TaskKind task = TaskKind::kTrain;
  Nanos start_ns = 0;
  Nanos broadcast_ns = 0;
  Nanos collect_ns = 0;
};

// The phases of the coordinator: a gapless chain from the end of the round before. Broadcast and
// collect of a round are the sums over its steps.
enum class RoundPhase : std::uint8_t {
  kIdle,            // the model is evaluated before the round starts (evaluation.when = "after")
  kSelect,          // with the ledger's transaction of the round before
  kBroadcast,       // telling the clients
  kCollect,         // until the last fold
  kWaitEvaluation,  // of the round before, which this one must not overtake
  kCommit,          // making the next model of the sum
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
  Nanos record_ns = 0;  // the ledger's transaction of the round before; a part of select or idle
  std::uint64_t involuntary_switches = 0;  // of the coordinator's process
  Nanos steal_ns = 0;                      // that the hypervisor took from this machine's cores
  Nanos probe_ns = 0;                      // a fixed piece of floating-point work, in select
  std::uint64_t payload_bytes_down = 0;    // tensors sent to clients
  std::uint64_t payload_bytes_up = 0;      // tensors received, folded or not
  std::uint64_t message_bytes_down = 0;    // protobuf messages sent, tensors included
  std::uint64_t message_bytes_up = 0;      // received
  std::uint64_t wire_bytes_down = 0;       // as the kernel counts them; 0 without sockets
  std::uint64_t wire_bytes_up = 0;
  std::uint64_t retransmitted_bytes_down = 0;

  Nanos phase(RoundPhase which) const { return phase_ns[static_cast<int>(which)]; }
  Nanos& phase(RoundPhase which) { return phase_ns[static_cast<int>(which)]; }
};

// As it stands in table `rounds`: of its sets, the sizes.
struct RoundRow : RoundFigures {
  std::uint64_t cohort_size = 0;
  std::uint64_t folded_count = 0;
  std::uint64_t dropped_count = 0;
};

// With all that is written in its transaction, before the next round is broadcast.
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

struct HealthRow : HealthValue {
  std::uint32_t round = 0;
  std::optional<ClientId> client;  // none: the coordinator's
};

// What moved over one connection between two commits. Round 0: before round 1 began.
struct TrafficRecord {
  std::uint32_t round = 0;
  std::uint64_t connection = 0;
  std::uint64_t calls = 0;               // that began
  std::uint64_t payload_bytes_down = 0;  // tensors
  std::uint64_t payload_bytes_up = 0;
  std::uint64_t message_bytes_down = 0;  // protobuf messages, tensors included
  std::uint64_t message_bytes_up = 0;
  std::uint64_t wire_bytes_down = 0;  // TCP payload as the kernel counts it, retransmissions apart
  std::uint64_t wire_bytes_up = 0;
  std::uint64_t retransmitted_bytes_down = 0;
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

// What a task cost its client, and where the client's clock was.
struct TaskRow : TaskCost {
  Nanos device_ns = 0;  // DeviceTime of modelled_time.h
  // Coordinator's clock minus the client's, within +-clock_bound_ns; nothing if the stamps
  // contradict each other.
  std::optional<Nanos> clock_offset_ns;
  std::optional<Nanos> clock_bound_ns;
};

// A score of the model that a round ended with.
struct EvaluationRecord {
  std::uint32_t round = 0;  // 0: the initial model
  std::string examples_of;  // "test", "validation", "clients" (the cohort's own shards)
  std::uint64_t examples = 0;
  double loss = 0;      // mean cross-entropy, natural logarithm
  double accuracy = 0;  // share classified right
  Nanos start_ns = 0;   // 0 for the clients' own
  Nanos wall_ns = 0;
  Nanos cpu_ns = 0;
  std::vector<HealthValue> health{};  // on these examples, if ledger.health; rows of their own
};

// Something that went wrong with one client; the run may go on.
struct FailureRecord {
  std::uint32_t round = 0;
  ClientId client = 0;
  std::string what;  // "absent", "left", "late", "refused", "retried", "unreported", "clock"
  std::string message;
  Nanos at_ns = 0;
};

struct ClientRecord {
  ClientId client = 0;
  std::string host;
  std::int64_t pid = 0;
  std::uint64_t examples = 0;  // of its shard
  Nanos joined_ns = 0;
  std::optional<std::string> name{};  // what the data calls it; none: by its number
};

// How a run ended. `exit_code` is the program's: 0 done, 1 failed, 3 data, 4 too few clients,
// 7 environment, 130/143 stopped by a signal.
struct Verdict {
  std::string outcome;  // "done", "failed", "stopped"
  std::string message;
  int exit_code = 0;
};

}  // namespace fedround::ledger
