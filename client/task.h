// One task of one client: from its instruction to the report of what it cost.
//
//   FetchModel -> shard -> (compute slot: train or score -> encode) -> Submit -> ReportCost
//
// The network's faults are tried again until the round is over: then the coordinator no longer has
// the model, or refuses the answer. What has been computed is kept: only its upload is repeated.
// Whatever else fails is reported, so that nobody waits for it.
#pragma once

#include <optional>
#include <span>

#include "absl/status/status.h"
#include "client/host.h"
#include "client/local_trainer.h"
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

// A thread's trainer and buffers: memory from the first task on, until it is given back.
class Workbench {
 public:
  explicit Workbench(const Host& host) : host_(host) {}

  // Allocates what is not there.
  void Prepare();
  // Frees everything.
  void Clear();

  LocalTrainer& trainer() { return *trainer_; }
  std::span<float> model() { return model_.span(); }      // [P]
  std::span<float> trained() { return trained_.span(); }  // [P]

 private:
  const Host& host_;
  std::optional<LocalTrainer> trainer_;
  FloatBuffer model_;
  FloatBuffer trained_;
};

class Task {
 public:
  // `bench` must be prepared. Both references must outlive the task.
  Task(Host& host, Workbench& bench, const Asked& asked);

  // Does it, on the calling thread; returns whether it was answered. Returns early, without a
  // report, once the host is stopped.
  bool Run();

 private:
  // One try; what it takes is added to the chain and the cost.
  absl::Status Try();
  // The model, what is to be computed of it, the answer.
  absl::Status Prepare();
  absl::Status Download();
  // Trains or scores the model.
  void Compute(const data::Examples& shard, UpdateHeader& header);
  // Looks at what training made of the model, if the ledger wants that. Its time is booked as
  // encoding: training takes as long with it as without.
  void Examine(const data::Examples& shard, UpdateHeader& header);
  // The update as it travels; empty for an evaluation.
  std::span<const std::byte> Encode(UpdateHeader& header);
  absl::Status Upload();
  void AddProfile(const TrainingProfile& profile, Nanos train_ns);
  void Report();
  void End(ClientPhase phase) { chain_.End(phase, host_.now()); }

  Host& host_;
  Workbench& bench_;
  const Instruction& instruction_;
  PhaseChain<ClientPhase, kClientPhases> chain_;
  std::optional<UpdateHeader> header_;  // of the answer, once there is one
  std::span<const std::byte> payload_;  // its update, on the bench
  bool may_have_arrived_ = false;       // a Submit ended without an answer
  TaskCost cost_;
};

}  // namespace fedround::client
