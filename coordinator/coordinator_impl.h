// The inside of the coordinator: what its loop owns and does. coordinator.cc is the round,
// coordinator_commit.cc its end, coordinator_record.cc what is recorded and reported about it; no
// other file includes this.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/algorithm/algorithm.h"
#include "common/base/exit_code.h"
#include "common/base/measure/disturbance.h"
#include "common/base/process/serial_worker.h"
#include "common/base/slots/compute_slot.h"
#include "common/config/specs.h"
#include "common/ledger/store/run_recorder.h"
#include "common/round/trained_entries.h"
#include "coordinator/books/round_book.h"
#include "coordinator/books/task_book.h"
#include "coordinator/coordinator.h"
#include "coordinator/engine/round_engine.h"
#include "coordinator/intake/fold_queue.h"
#include "coordinator/loop.h"
#include "coordinator/model/model_store.h"
#include "coordinator/model/next_model.h"
#include "coordinator/roster.h"
#include "coordinator/run_setup.h"
#include "coordinator/workload/workload.h"

namespace fedround::coordinator {

struct Coordinator::Impl {
  Impl(CoordinatorOptions options_in, FreshWorkload fresh,
       std::unique_ptr<algorithm::Server> algorithm_in, algorithm::Needs needs_in,
       UpdateLayout layout, std::vector<SectionFormat> sections,
       std::unique_ptr<ledger::RunRecorder> recorder_in, ComputeSlots slots_in)
      : options(std::move(options_in)),
        workload(std::move(fresh.workload)),
        trained(workload->layout()),
        needs(std::move(needs_in)),
        update_layout(std::move(layout)),
        initial_source(std::move(fresh.initial.source)),
        algorithm(std::move(algorithm_in)),
        recorder(std::move(recorder_in)),
        slots(std::move(slots_in)),
        models(NamedModel(
            WithZeros(std::move(fresh.initial.parameters), needs.down.size() * trained.size()))),
        roster(options.experiment.federation.clients),
        intake(
            {.grid = GridOf(options.experiment),
             .sections = std::move(sections),
             .scalars = update_layout.scalars,
             .buffer_bytes = options.experiment.limits.upload_buffer_bytes,
             .message_bytes = options.experiment.limits.chunk_bytes,
             .stall = ToNanos(options.experiment.limits.stall_s),
             .run_id = options.run_id,
             .incarnation = 0},
            [this](UploadHandle handle, const UpdateHeader& header, const UploadTimes& times) {
              loop.Post([this, handle, header, times] { OnUpdate(handle, header, times); });
            },
            [this](const UpdateHeader& header, const absl::Status& why) {
              // As text: the packaged Abseil, which counts a Status's references, is not
              // instrumented, so ThreadSanitizer would report one shared with the driver's
              // thread as a race.
              loop.Post([this, header, why = std::string(why.message())] {
                Step(Refused{header.ask, why});
              });
            }),
        engine(MakeEngineOptions(options.experiment, *algorithm, options.replay),
               models.current()->id),
        folds(GridOf(options.experiment), update_layout, intake,
              [this](UploadHandle handle, const FoldTimes& times) {
                loop.Post([this, handle, times] { OnFolded(handle, times); });
              }) {}

  // ---- the loop ----

  ledger::Verdict Run();
  void Step(const EngineEvent& event) {
    step_start = MonotonicNow();
    Execute(engine.Step(event, step_start));
  }
  void AwaitReports();
  void Execute(const EngineActions& actions);
  void EndBroadcast();
  // Ends transfers that stand still, now and regularly until the run is over.
  void WatchTransfers();
  void OnUpdate(UploadHandle handle, const UpdateHeader& header, const UploadTimes& times);
  void OnFolded(UploadHandle handle, const FoldTimes& times);
  void OnCost(const TaskCost& cost, Nanos now);
  void OnEvaluated(std::uint32_t round, const std::vector<ledger::EvaluationRecord>& scores);

  void Do(const OpenStep& action);
  void Do(const CloseStep&);
  void Do(const Send& action) {
    if (action.instruction.task != TaskKind::kLeave) intake.Expect(action.instruction);
    tasks.Sent(action.instruction, MonotonicNow());
    gateway->Send(action.instruction);
  }
  void Do(const BeginFold& action);
  void Do(const Refuse& action);
  void Do(const Commit& action);
  void Do(const Evaluate& action);
  void Do(const SetTimer& action) {
    // Otherwise one timer per round would pile up until the first deadline.
    loop.Cancel(engine_timer);
    engine_timer = loop.PostAt(action.at, [this, id = action.id] { Step(TimerFired{id}); });
  }
  void Do(const ReportFailure& action);
  void Do(const Finish& action) {
    const bool too_few = action.exit_code == exit_code::kTooFewClients;
    verdict = ledger::Verdict{action.outcome,
                              absl::StrCat(action.message, too_few ? SlotWaitOfStep() : ""),
                              action.exit_code};
  }

  // A round that is being committed (coordinator_commit.cc).
  struct RoundCommit {
    Commit action;
    std::shared_ptr<fold::Aggregate> folded{};
    std::uint64_t total_weight = 0;  // of what is in the next model
    ModelId before = 0;
    ModelId after = 0;
    std::shared_ptr<Model> next{};  // null: nothing was folded
    std::string error{};            // empty: none so far
    ledger::RoundRecord record{};
    Nanos recording = 0;  // how long the ledger's transaction took
  };
  // Without the vectors that go down with it.
  std::span<const float> Parameters(const Model& model) const {
    return std::as_const(model.parameters).span().first(ParameterCount(workload->layout().tensors));
  }
  void PrepareModel(RoundCommit& commit);
  void OnPrepared(RoundCommit commit);
  void OnRecorded(RoundCommit commit);
  void FailCommit(const RoundCommit& commit);
  void Publish(std::shared_ptr<Model> next);
  // Waits until no commit is under way; one that has not reached the ledger never will.
  void CancelCommit();
  // Gives the memory of what was folded back.
  void Recycle(fold::Aggregate& folded);

  void StartRound(std::uint32_t round);
  void EndStep();
  ledger::RoundRecord MakeRecord(const Commit& action, std::uint64_t total_weight, ModelId before,
                                 ModelId after);
  void RecordTraffic();
  void Fail(std::string message);
  void RecordUnreported(std::uint32_t before_round);
  void Notify(std::string message);
  void Emit(const ledger::RunEvent& event) {
    if (options.on_event) options.on_event(event);
  }
  void ShowRound();
  // Not while the round is being evaluated: it is shown at the end of that.
  void ShowRoundIfReported() {
    if (!evaluating && tasks.outstanding() == 0) ShowRound();
  }
  // Reports the first long wait for compute slots that another run holds.
  void WatchSlots();
  // "; waited 3.2 s for a compute slot held by run FOLDER (pid 123)", in this step and on this
  // machine; empty: not worth mentioning.
  std::string SlotWaitOfStep() const;
  absl::Status WriteModel();
  absl::Status WriteDown(const Model& model) const;
  void FinishRecord();

  // Set up once.
  const CoordinatorOptions options;
  const std::unique_ptr<Workload> workload;
  const TrainedEntries trained;
  const algorithm::Needs needs;
  const UpdateLayout update_layout;
  const std::optional<std::string> initial_source;  // what was loaded from model.initial_weights
  const std::unique_ptr<algorithm::Server> algorithm;
  const std::unique_ptr<ledger::RunRecorder> recorder;
  const ComputeSlots slots;
  ClientGateway* gateway = nullptr;

  // Thread-safe, shared with drivers.
  Loop loop;
  ModelStore models;
  Roster roster;
  UploadIntake intake;

  // The loop's own.
  RoundEngine engine;
  RoundBook book;
  TaskBook tasks;
  const DisturbanceMeter disturbances;
  Disturbance disturbed;  // as read at the end of the previous round
  struct Received {
    UpdateHeader header;
    UploadTimes times;
  };
  std::map<UploadHandle, Received> received;  // updates the engine has yet to decide on
  Nanos step_start = 0;
  Loop::TimerId engine_timer = 0;   // the last one set: the engine ignores those before it
  bool broadcasting = false;        // a step was opened, its instructions are being sent
  Nanos slot_wait_before_step = 0;  // of this run on this machine
  std::uint64_t connected = 0;
  std::uint32_t rounds_done = 0;
  // The round of the next traffic rows: 0 before round 1, one more than the last round at the end.
  std::uint32_t traffic_round = 0;
  std::optional<ledger::RoundRecord> unshown;  // committed; its event waits for its evaluation
  bool evaluating = false;
  bool committing = false;
  std::optional<ledger::Verdict> verdict;
  std::string model_sha256;

  std::atomic<bool> over{false};           // the loop has ended; read by the evaluation under way
  std::atomic<bool> cancel_commit{false};  // the run has ended; read by the commit under way

  // Last: their threads use the members above.
  FoldQueue folds;
  SerialWorker jobs;  // commits and evaluations
};

}  // namespace fedround::coordinator
