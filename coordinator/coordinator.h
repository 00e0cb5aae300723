// One run of an experiment: feeds events to the round engine and carries out its actions.
//
// This is the part that all drivers share. It owns the model, the accumulator, the evaluator and
// the record; it knows neither sockets nor processes. A driver (coordinator/rpc,
// experiments/simulate) connects clients through its Front and delivers instructions through a
// ClientGateway.
//
// Threads: Run() is the loop and runs the engine and the books; one thread folds, one commits and
// evaluates. Front, WillNotJoin and Stop are thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/config/experiment.h"
#include "common/ledger/records.h"
#include "common/ledger/run_event.h"
#include "common/round/types.h"
#include "coordinator/client_gateway.h"
#include "coordinator/front.h"

namespace fedround::coordinator {

struct CoordinatorOptions {
  Experiment experiment;
  std::string run_id;
  std::string folder;                         // the run folder; empty: nothing is written
  std::vector<std::vector<ClientId>> replay;  // folded sets of an earlier run; empty: none
  std::function<void(const ledger::RunEvent&)>
      on_event;  // called on the loop's thread; may be empty
};

class Coordinator final : public Front {
 public:
  // Opens the workload with its initial model, and the ledger. Errors: those of OpenWorkload and of
  // RunRecorder::Create, and INVALID_ARGUMENT for weights or a replay that do not fit.
  static absl::StatusOr<std::unique_ptr<Coordinator>> Create(CoordinatorOptions options);
  ~Coordinator() override;

  // Runs until the last round is recorded, the run fails or Stop is called. Call once. `gateway`
  // must outlive the call.
  ledger::Verdict Run(ClientGateway& gateway);

  // ---- Front ----

  std::uint64_t clients() const override;
  absl::StatusOr<Welcome> Admit(const JoinRequest& request) override;
  void Connected(const std::vector<ClientId>& clients) override;
  void Leave(const std::vector<ClientId>& clients, absl::string_view why) override;
  absl::StatusOr<std::shared_ptr<const Model>> FindModel(ModelId id) const override;
  UploadIntake& intake() override;
  void ReportCost(const TaskCost& cost) override;

  // ---- for the program that started the run ----

  // The processes of these clients have ended: they are not waited for before round 1.
  void WillNotJoin(const std::vector<ClientId>& clients);
  // Ends the run soon, with this exit code; committed rounds stay. Any thread may call it, a signal
  // handler may not.
  void Stop(absl::string_view why, int exit_code);

  // ---- after Run ----

  // SHA-256 of the final model as a safetensors file.
  const std::string& model_sha256() const;
  std::uint32_t rounds_done() const;

  const std::vector<TensorSpec>& tensors() const;
  std::string data_hash() const;
  // Including what Create found out, such as the hash of the file from which the model starts.
  const Experiment& experiment() const;

 private:
  struct Impl;
  explicit Coordinator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fedround::coordinator
