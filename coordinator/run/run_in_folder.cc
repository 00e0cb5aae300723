#include "coordinator/run/run_in_folder.h"

#include <unistd.h>

#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/base/cpu/simd.h"
#include "common/base/exit_code.h"
#include "common/base/hash.h"
#include "common/base/io/file.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/ledger/machine.h"
#include "common/ledger/run_folder.h"
#include "common/ledger/run_lock.h"
#include "common/ledger/store/run_recorder.h"
#include "coordinator/run/run_stopper.h"

namespace fedround::coordinator {
namespace {

using ledger::RunEvent;
using ledger::Verdict;
using ledger::event::Evaluated;
using ledger::event::Finished;

constexpr std::size_t kRunIdBytes = 8;

absl::StatusOr<std::vector<std::vector<ClientId>>> ReplaySets(const std::string& folder) {
  if (folder.empty()) return std::vector<std::vector<ClientId>>{};
  auto sets = ledger::ReadFoldedSets(folder);
  if (absl::IsNotFound(sets.status())) {
    return absl::InvalidArgumentError(absl::StrCat("replay: ", sets.status().message()));
  }
  return sets;
}

absl::Status WriteManifestOf(const FolderRun& run, const Coordinator& coordinator) {
  ledger::Manifest manifest = ledger::DescribeThisProcess();
  manifest.command = run.command;
  const Experiment& experiment = coordinator.experiment();
  manifest.seed = experiment.run.seed;
  manifest.data_hash = coordinator.data_hash();
  manifest.experiment_hash = Sha256Hex(SerializeExperiment(experiment));
  const std::string& initial_sha256 = experiment.model.initial_weights_sha256;
  if (!initial_sha256.empty()) manifest.initial_sha256 = initial_sha256;
  manifest.tensors = coordinator.tensors();
  manifest.parameters = ParameterCount(manifest.tensors);
  return ledger::WriteManifest(run.folder, manifest);
}

// What the coordinator leaves after its verdict.
struct Remains {
  std::uint32_t rounds_done = 0;
  std::string model_sha256;
};

// Listens to the run's events, and adds the scores and the time to the last one.
class LastWord {
 public:
  // The event as it should be passed on.
  RunEvent Hear(const RunEvent& event) {
    if (const auto* score = std::get_if<Evaluated>(&event)) Score(*score);
    const auto* finished = std::get_if<Finished>(&event);
    if (finished == nullptr) return event;
    finished_ = *finished;
    finished_->accuracy = accuracy_;
    finished_->loss = loss_;
    finished_->best_accuracy = best_accuracy_;
    finished_->best_round = best_round_;
    finished_->end_time = ledger::TimeNow();
    return *finished_;
  }
  bool told() const { return finished_.has_value(); }

  // Call it after the last event.
  ledger::RunStatus Status(const Verdict& verdict, const Remains& remains) const {
    return {.outcome = verdict.outcome,
            .message = verdict.message,
            .exit_code = verdict.exit_code,
            .rounds_done = remains.rounds_done,
            .model_sha256 = remains.model_sha256,
            .accuracy = accuracy_,
            .loss = loss_,
            .best_accuracy = best_accuracy_,
            .best_round = best_round_,
            .end_time = finished_->end_time,
            .cpu_s = finished_->cpu_s};
  }

 private:
  void Score(const Evaluated& score) {
    if (!score.accuracy.has_value()) return;  // only the clients' own scores
    accuracy_ = score.accuracy;
    loss_ = score.loss;
    if (best_accuracy_.has_value() && !(*accuracy_ > *best_accuracy_)) return;
    best_accuracy_ = accuracy_;
    best_round_ = score.round;
  }

  std::optional<double> accuracy_, loss_, best_accuracy_;
  std::optional<std::uint64_t> best_round_;
  std::optional<Finished> finished_;  // as it was passed on
};

// Replaces "auto" by the level: it is part of the result, so clients must be told and the folder
// must keep it.
absl::Status ResolveSimdLevel(Experiment& experiment) {
  const SimdLevel level = LevelOf(experiment.model.simd);
  experiment.model.simd = ChoiceOf(level);
  return UseSimdLevel(level);
}

absl::StatusOr<Verdict> RunCoordinator(FolderRun& run, const Drive& drive,
                                       std::optional<RunStopper>& stopper, Remains& remains) {
  RETURN_IF_ERROR(ResolveSimdLevel(run.experiment));
  RETURN_IF_ERROR(MakeFolders(run.folder));
  ASSIGN_OR_RETURN(auto replay, ReplaySets(run.replay));
  const std::string run_id = RandomHex(kRunIdBytes);
  ASSIGN_OR_RETURN(const std::unique_ptr<Coordinator> coordinator,
                   Coordinator::Create({.experiment = run.experiment,
                                        .run_id = run_id,
                                        .folder = run.folder,
                                        .replay = std::move(replay),
                                        .on_event = run.on_event}));
  RETURN_IF_ERROR(
      WriteFileAtomically(run.folder + "/config.toml",
                          ExperimentToToml(coordinator->experiment(), /*comments=*/false)));
  RETURN_IF_ERROR(WriteManifestOf(run, *coordinator));
  if (stopper.has_value()) stopper->Begin(*coordinator);
  absl::StatusOr<Verdict> verdict = drive(*coordinator, run_id);
  if (stopper.has_value()) stopper->End();
  remains = {coordinator->rounds_done(), coordinator->model_sha256()};
  return verdict;
}

// Call it before anything in the folder is touched. Fills `lock` unless the caller holds it.
absl::Status Claim(const FolderRun& run, std::optional<ledger::RunLock>& lock) {
  const auto check = [&run] {
    return FileExists(run.folder + "/ledger.sqlite")
               ? absl::AlreadyExistsError(
                     absl::StrCat(run.folder, " holds a run; name another folder"))
               : absl::OkStatus();
  };
  RETURN_IF_ERROR(check());
  if (run.locked) return absl::OkStatus();
  ASSIGN_OR_RETURN(ledger::RunLock taken, ledger::RunLock::Take(run.folder));
  lock.emplace(std::move(taken));
  return check();
}

// For a run that was stopped before it began.
void Abandon(const FolderRun& run, std::optional<ledger::RunLock>& lock, const Verdict& verdict) {
  LogError(verdict.message);
  if (run.discard) return run.discard();
  // Otherwise the next attempt would take it for that of a run.
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
    unlink(absl::StrCat(run.folder, "/ledger.sqlite", suffix).c_str());
  }
  const absl::Status written = ledger::WriteRunStatus(run.folder, {.outcome = verdict.outcome,
                                                                   .message = verdict.message,
                                                                   .exit_code = verdict.exit_code,
                                                                   .rounds_done = 0,
                                                                   .model_sha256 = "",
                                                                   .end_time = ledger::TimeNow()});
  if (!written.ok()) LogError(written.message());
  lock.reset();
}

}  // namespace

Verdict RunInFolder(FolderRun run, const Drive& drive) {
  LastWord last;
  run.on_event = [&last, on_event = std::move(run.on_event)](const RunEvent& event) {
    const RunEvent completed = last.Hear(event);
    if (on_event) on_event(completed);
  };
  std::optional<ledger::RunLock> lock;
  if (absl::Status claimed = Claim(run, lock); !claimed.ok()) {
    Verdict refused{RunOutcome::kFailed, std::string(claimed.message()), exit_code::Of(claimed)};
    run.on_event(Finished{.verdict = refused});
    return refused;
  }
  std::optional<RunStopper> stopper;  // from here on the folder is ours
  if (run.signals != nullptr) {
    stopper.emplace(*run.signals, [&](const Verdict& stopped) { Abandon(run, lock, stopped); });
  }
  Remains remains;
  absl::StatusOr<Verdict> verdict = RunCoordinator(run, drive, stopper, remains);
  if (!verdict.ok()) {
    const absl::Status& error = verdict.status();
    verdict = Verdict{RunOutcome::kFailed, std::string(error.message()), exit_code::Of(error)};
  }
  if (!last.told()) run.on_event(Finished{.verdict = *verdict});
  const absl::Status written = ledger::WriteRunStatus(run.folder, last.Status(*verdict, remains));
  if (!written.ok() && verdict->exit_code == exit_code::kDone) {
    verdict = Verdict{RunOutcome::kFailed, std::string(written.message()), exit_code::kEnvironment};
  }
  return *std::move(verdict);
}

}  // namespace fedround::coordinator
