// One run of an experiment: feeds events to the round engine and carries out what it asks for.
//
// This is the part that all drivers share. It owns the model, the accumulator, the evaluator and
// the record; it knows neither sockets nor processes. A driver (coordinator/rpc,
// experiments/simulate) brings clients in through Admit / Leave / intake() / FindModel / ReportCost
// and carries instructions out through its ClientGateway.
//
// Threads: Run() is the loop and runs the engine, commits and the record; one thread folds, one
// evaluates. Everything under "for drivers" is thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/aligned_buffer.h"
#include "common/config/experiment.h"
#include "common/ledger/records.h"
#include "common/ledger/run_event.h"
#include "common/round/types.h"
#include "coordinator/intake/upload_intake.h"

namespace fedround::coordinator {

// Takes instructions to clients. Send must not block; a client that is gone is reported by Leave.
class ClientGateway {
 public:
  virtual ~ClientGateway() = default;
  virtual void Send(const Instruction& instruction) = 0;
  // After the last Send of those that belong together (a step's).
  virtual void Flush() {}
  // This model is no longer served: whoever has not got all of it needs no more.
  virtual void ModelWithdrawn(ModelId /*model*/) {}
  // Called every `step` while the run goes on: ends what takes a model to a client and has
  // not moved for `limit`.
  virtual void EndStalled(Nanos /*step*/, Nanos /*limit*/) {}
  // What moved since the last call, by connection, for the record. Empty if the driver counts
  // nothing.
  virtual std::vector<ledger::TrafficRecord> TakeTraffic(std::uint32_t /*round*/) { return {}; }
  // All connections that clients have used, after the last TakeTraffic.
  virtual std::vector<ledger::ConnectionRecord> Connections() { return {}; }
  // The run is over and everybody was told to leave: see them out.
  virtual void Close() {}
};

// A model as it is broadcast: one buffer that every fetch shares.
struct Model {
  ModelId id = 0;
  FloatBuffer parameters;
};

struct CoordinatorOptions {
  Experiment experiment;
  std::string run_id;
  std::string folder;                         // the run folder; empty: nothing is written
  std::vector<std::vector<ClientId>> replay;  // folded sets of an earlier run; empty: none
  std::function<void(const ledger::RunEvent&)>
      on_event;  // called on the loop's thread; may be empty
};

class Coordinator {
 public:
  // Opens the data, makes the initial model, opens the ledger.
  // Errors: those of OpenDataset, SettleClients and DealExamples, of Network::Create, of
  // MakeInitialModel, of RunRecorder::Create, and INVALID_ARGUMENT for a replay that does not fit.
  static absl::StatusOr<std::unique_ptr<Coordinator>> Create(CoordinatorOptions options);
  ~Coordinator();

  // Runs until the last round is recorded, the run fails or Stop is called. Call once. `gateway`
  // must outlive the call.
  ledger::Verdict Run(ClientGateway& gateway);

  // ---- for drivers ----

  // A host wants in with its clients. On success its clients count as connected until Leave.
  // Errors: FAILED_PRECONDITION (another protocol, version or SIMD level than this run's);
  // INVALID_ARGUMENT (an id beyond federation.clients, none at all, not ascending); ALREADY_EXISTS
  // (one of its clients is connected).
  absl::StatusOr<Welcome> Admit(const JoinRequest& request);
  // The driver can now Send to these clients: they take part from here on. Once, after Admit.
  void Connected(const std::vector<ClientId>& clients);
  // They have gone.
  void Leave(const std::vector<ClientId>& clients, absl::string_view why);
  // Their processes have ended: they are not waited for before round 1.
  void WillNotJoin(const std::vector<ClientId>& clients);

  // The model with this id, while it is the one being broadcast. NOT_FOUND otherwise.
  absl::StatusOr<std::shared_ptr<const Model>> FindModel(ModelId id) const;
  UploadIntake& intake();
  void ReportCost(const TaskCost& cost);
  // Ends the run soon, with this exit code; what is committed stays. Safe in any thread, not in a
  // signal handler.
  void Stop(absl::string_view why, int exit_code);

  // ---- after Run ----

  // SHA-256 of the final model as a safetensors file.
  const std::string& model_sha256() const;
  std::uint32_t rounds_done() const;

  const std::vector<TensorSpec>& tensors() const;
  const std::string& data_hash() const;
  // With what Create found out: the hash of the file the model starts from.
  const Experiment& experiment() const;

 private:
  struct Impl;
  explicit Coordinator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fedround::coordinator
