// One task of one client: from its instruction to the report of what it cost.
//
//   FetchModel -> shard -> (compute slot: train or score -> encode) -> Submit -> ReportCost
//
// After a fault of the network it is tried again, until the round is over: then the coordinator no
// longer serves the model, or refuses the answer. What has been computed is kept, and only its
// upload is repeated. Any other failure is reported, so that nobody waits for the answer.
#pragma once

#include <optional>
#include <span>

#include "absl/status/status.h"
#include "client/host.h"
#include "client/local_trainer.h"
#include "client/update_pipeline.h"
#include "common/base/aligned_buffer.h"
#include "common/base/clock.h"
#include "common/base/measure/phase_chain.h"
#include "common/round/types.h"

namespace fedround::client {

// An instruction, and when it came.
struct Asked {
  Instruction instruction;
  Nanos arrived_ns = 0;
};

// A thread's trainer and buffers: allocated for the first task, kept until Clear.
class Workbench {
 public:
  explicit Workbench(const Host& host) : host_(host) {}

  // Allocates what has not been allocated.
  void Prepare();
  // Frees everything.
  void Clear();

  LocalTrainer& trainer() { return *trainer_; }
  // What is fetched: the model [P], then the vectors that go down with it.
  std::span<float> fetched() { return fetched_.span(); }
  std::span<float> model() { return fetched().first(trained_.size()); }  // [P]
  std::span<const float> down(std::size_t vector) const;                 // [Q]
  std::span<float> trained() { return trained_.span(); }                 // [P]
  std::span<float> drift() { return drift_.span(); }                     // [P], or empty
  std::span<float> up(std::size_t vector);                               // [Q]
  PayloadMemory& payload() { return payload_; }

 private:
  const Host& host_;
  std::optional<LocalTrainer> trainer_;
  FloatBuffer fetched_;
  FloatBuffer trained_;
  FloatBuffer drift_;
  FloatBuffer up_;
  PayloadMemory payload_;
};

class Task {
 public:
  // `bench` must be prepared. Both references must outlive the task.
  Task(Host& host, Workbench& bench, const Asked& asked);

  // Does the task on the calling thread; returns whether it was answered. Returns early, without a
  // report, once the host is stopped.
  bool Run();

 private:
  // One try; its time and bytes are added to the chain and the cost.
  absl::Status Try();
  // Fetches the model, computes the answer.
  absl::Status Prepare();
  absl::Status Download();
  algorithm::LocalTask Local();
  // Writes the algorithm's drift, if it has one, to the bench.
  void BeginTraining();
  // Lets the algorithm change the update [Q], and write what goes up beside it.
  void EndTraining(std::span<float> update, UpdateHeader& header);
  // Trains or scores the model.
  void Compute(const data::Examples& shard, UpdateHeader& header);
  // Measures the health of the trained model, if the ledger wants that. The time is booked as
  // encoding, so that training takes as long with it as without.
  void Examine(const data::Examples& shard, UpdateHeader& header);
  // Sets the payload to the update in the form in which it is sent; empty for an evaluation.
  absl::Status Encode(const data::Examples& shard, UpdateHeader& header);
  absl::Status Upload();
  void AddProfile(const TrainingProfile& profile, Nanos train_ns);
  void Report();
  void End(ClientPhase phase) { chain_.End(phase, host_.now()); }

  Host& host_;
  Workbench& bench_;
  const Instruction& instruction_;
  PhaseChain<ClientPhase, kClientPhases> chain_;
  ClientState* state_ = nullptr;        // of the client, once it is needed
  std::optional<UpdateHeader> header_;  // of the answer, once there is one
  std::uint64_t steps_ = 0;             // of SGD behind it
  std::span<const std::byte> payload_;  // its update, on the bench
  bool may_have_arrived_ = false;       // a Submit ended without an answer
  TaskCost cost_;
};

}  // namespace fedround::client
