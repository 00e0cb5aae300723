// The words of a round, as plain structs: what coordinator and clients say to each other.
//
// `common/wire` turns them into messages and back; no other code sees a message. What came from a
// peer is only syntactically correct: the engine and the intake check the rest.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/round/model_layout.h"
#include "common/round/update_layout.h"

namespace fedround {

// Raised when a peer of the previous version could misunderstand a message.
inline constexpr std::uint32_t kProtocolVersion = 3;

// Clients are numbered 0 .. federation.clients-1; the number, not the connection, is the identity.
using ClientId = std::uint64_t;
// XXH3-64 of the parameters' bytes (float32, little-endian, in TensorSpec order).
using ModelId = std::uint64_t;
// The asks of a run are numbered from 1 in the order in which they are made.
using AskId = std::uint64_t;

enum class TaskKind : std::uint8_t {
  kTrain = 1,     // fetch the model, train, send an update
  kEvaluate = 2,  // fetch the model, score it on the client's own shard, send metrics only
  kLeave = 4,     // the run is over: disconnect and exit
};
// Of those that are recorded: kLeave costs nothing and is answered by nobody.
constexpr std::array<const char*, 5> NamesOf(TaskKind) { return {"", "train", "evaluate", "", ""}; }

// How a run ended.
enum class RunOutcome : std::uint8_t { kDone, kFailed, kStopped };
constexpr std::array<const char*, 3> NamesOf(RunOutcome) { return {"done", "failed", "stopped"}; }

// What went wrong with a client; the run may go on. In alphabetical order, as they are listed.
enum class FailureKind : std::uint8_t {
  kAbandoned,     // it answered, but its round was abandoned
  kAbsent,        // not connected in a round that needed it
  kClock,         // the stamps of its messages contradict each other
  kLate,          // no answer before the deadline
  kLeft,          // disconnected before its answer
  kProcessEnded,  // reported by the program that started its process; never recorded
  kRefused,       // its answer was refused
  kRetried,       // a try of its task failed
  kUnreported,    // it did not report the cost of an answer
  kWithdrawn,     // enough others had answered before it
};
constexpr std::array<const char*, 10> NamesOf(FailureKind) {
  return {"abandoned",     "absent",  "clock",   "late",       "left",
          "process_ended", "refused", "retried", "unreported", "withdrawn"};
}

// How to train in this round. Per round, so that schedules need no protocol of their own.
struct RoundPlan {
  std::uint32_t epochs = 1;
  std::uint32_t batch_size = 10;
  double learning_rate = 0.05;
  double momentum = 0;
  double weight_decay = 0;
  double proximal_mu = 0;  // FedProx: weight of |w - w_round|^2 / 2; 0 elsewhere

  bool operator==(const RoundPlan&) const = default;
};

// One open request to one client. It stays the same one however often it is sent, and its answer
// names it however often that is tried.
struct Ask {
  AskId id = 0;  // 0: none (kLeave)
  TaskKind task = TaskKind::kTrain;
  ClientId client = 0;
  std::uint32_t round = 0;  // 1 .. run.rounds
  std::uint32_t step = 0;   // of the round
  ModelId model_id = 0;

  bool operator==(const Ask&) const = default;
};

// An ask as it is sent, with how to do it.
struct Instruction : Ask {
  // This client's last ask whose answer a recorded round has folded; 0: none. What the client
  // staged with that answer it now remembers; anything staged later is void.
  AskId counted = 0;
  RoundPlan plan{};
  std::string reason{};  // kLeave: why, for the client's log
  int exit_code = 0;     // kLeave: how the run ended

  bool operator==(const Instruction&) const = default;
};

// A vector inside an update's payload: what the layout says of it, and how long it is here.
struct Section {
  std::string name;
  std::string codec;
  std::uint64_t elements = 0;
  std::uint64_t bytes = 0;

  bool operator==(const Section&) const = default;
};

inline constexpr absl::string_view kUpdateSection = "update";
inline constexpr absl::string_view kFloat32Codec = "float32";

// Named numbers a client reports with an answer, e.g. "train_loss". Ordered by name.
using Metrics = std::map<std::string, double>;
// Named integers of an answer, as its update's layout lists them.
using Scalars = std::map<std::string, std::uint64_t>;

// One number about the health of a network (ledger.health). `common/nn/training/health.h` lists
// them; HealthRow in ledger.proto says what they mean.
struct HealthValue {
  std::string layer;  // or weight tensor, or kWholeUpdate
  std::string quantity;
  double value = 0;  // need not be finite

  bool operator==(const HealthValue&) const = default;
};

// Everything in an answer except its payload.
struct UpdateHeader {
  std::uint32_t protocol_version = kProtocolVersion;
  std::string run_id;
  std::uint32_t incarnation = 0;
  AskId ask = 0;
  ClientId client = 0;
  ModelId model_id = 0;
  std::vector<Section> sections{};  // empty for kEvaluate
  std::uint64_t weight = 0;         // examples behind it; an integer, so that sums are exact
  Scalars scalars{};
  Metrics metrics{};
  std::vector<HealthValue> health{};        // with an update, if ledger.health
  std::optional<std::uint64_t> checksum{};  // XXH3-64 of the payload; not checked if absent
  Nanos sent_ns = 0;  // the client's clock when it sent this; 0: it does not say

  std::uint64_t payload_bytes() const {
    std::uint64_t sum = 0;
    for (const Section& section : sections) sum += section.bytes;
    return sum;
  }
  bool operator==(const UpdateHeader&) const = default;
};

// The phases of a client: a gapless chain in this order, from the end of its previous task to the
// end of this one.
enum class ClientPhase : std::uint8_t {
  kWaitInstruction,  // nothing to do
  kQueue,            // waiting for a thread of its host, which is busy with other clients
  kDownload,
  kDecode,
  kWaitSlot,
  kTrain,
  kEncode,
  kWaitCredit,
  kUpload,
};
inline constexpr absl::string_view kClientPhaseNames[] = {
    "wait_instruction", "queue",       "download", "decode", "wait_slot", "train",
    "encode",           "wait_credit", "upload"};
inline constexpr int kClientPhases = std::size(kClientPhaseNames);

// The phases inside `train`. They add up to it.
enum class StepPhase : std::uint8_t {
  kLoad,             // choosing and copying a batch
  kForwardProducts,  // with bias
  kForwardActivations,
  kLoss,
  kBackwardProducts,  // gradients of inputs
  kBackwardActivations,
  kWeightUpdate,  // gradients of weights, with the SGD step inside
};
inline constexpr absl::string_view kStepPhaseNames[] = {
    "load",         "forward_products",  "forward_activations",
    "loss",         "backward_products", "backward_activations",
    "weight_update"};
inline constexpr int kStepPhases = std::size(kStepPhaseNames);

// What a finished task cost the client. Times are by the client's monotonic clock.
struct TaskCost {
  AskId ask = 0;
  ClientId client = 0;
  Nanos start_ns = 0;  // where the first phase began
  Nanos end_ns = 0;    // where the last one ended: start_ns and all phases
  Nanos phase_ns[kClientPhases] = {};
  Nanos phase_cpu_ns[kClientPhases] = {};  // processor time of the thread that works for the client
  Nanos step_ns[kStepPhases] = {};         // add up to the train phase; all 0 if not measured
  std::uint64_t steps = 0;                 // of SGD
  std::uint64_t sampled_steps = 0;         // steps that step_ns was taken from
  std::uint64_t involuntary_switches = 0;  // of that thread, while it trained
  std::uint64_t payload_bytes_down = 0;    // model
  std::uint64_t payload_bytes_up = 0;      // update
  std::uint64_t message_bytes_down = 0;    // messages received: the model's
  std::uint64_t message_bytes_up = 0;      // messages sent: requests, headers, the update's
  Nanos sent_ns = 0;                       // when this report was sent
  std::string failure{};                   // why the client gave up; empty if it answered
  std::uint32_t retries = 0;               // tries that failed before the last one

  Nanos phase(ClientPhase which) const { return phase_ns[static_cast<int>(which)]; }
};

// What a client host says when it connects.
struct JoinRequest {
  std::uint32_t protocol_version = kProtocolVersion;
  std::string host;   // name of the machine, for logs
  std::string build;  // version of the program
  std::string simd;   // the machine's best level; "" if it does not use our kernels
  std::int64_t pid = 0;
  std::vector<ClientId> clients;  // ids this host runs, ascending
  bool answers_ping = false;      // it answers when it is asked whether it is alive
};

// What it is told in return. Clients have no configuration of their own.
struct Welcome {
  std::string run_id;
  std::uint32_t incarnation = 0;
  std::string experiment;  // serialized fedround.v1.Experiment, fully resolved
  ModelLayout model;
  UpdateLayout update;
  // Vectors that follow the tensors in every model that is fetched, each as long as an update.
  std::vector<std::string> down;
  std::string data_hash;  // the client's copy of the data must have this one; "" = not checked
  std::uint64_t chunk_bytes = 0;  // largest payload of one message
};

}  // namespace fedround
