// What a key of the configuration changes, seen in runs of the tiny experiment in this process.
// Each function returns a text that depends on the experiment only: two runs of one give the same
// text.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/named_enum.h"
#include "tests/support/run_experiment.h"
#include "tests/support/run_ledger.h"

namespace fedround::testing {

using Overrides = std::vector<std::string>;
using Look = std::string (*)(const Overrides& overrides);

inline Overrides With(Overrides overrides, const std::string& more) {
  overrides.push_back(more);
  return overrides;
}

// An empty folder for the running test.
inline std::string EmptyFolder(const std::string& name) {
  const std::string folder = absl::StrCat(::testing::TempDir(), "every_key/", name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

// The model that the run ends with.
inline std::string FinalModel(const Overrides& overrides) {
  const Outcome outcome = RunExperiment(Tiny(overrides));
  EXPECT_EQ(outcome.verdict.outcome, RunOutcome::kDone) << outcome.verdict.message;
  return outcome.model_sha256;
}

// How the run ends; "refused" if it does not even begin.
inline std::string Ending(const Overrides& overrides) {
  auto experiment = ParseExperimentToml(kTinyExperiment, "tiny.toml", overrides);
  if (!experiment.ok()) return "refused";
  auto coordinator = coordinator::Coordinator::Create(
      {.experiment = *std::move(experiment), .run_id = "test", .on_event = [](const auto&) {}});
  if (!coordinator.ok()) return "refused";
  const auto verdict = simulate::RunInProcess(**coordinator, {});
  return verdict.ok() ? std::string(NameOf(verdict->outcome)) : "failed";
}

// What clients leave on the disk of what they remember.
inline std::string StateFiles(const Overrides& overrides) {
  const std::string folder = ::testing::TempDir() + "state_files_of_a_key";
  std::filesystem::remove_all(folder);
  RunExperiment(Tiny(overrides), {.state_folder = folder});
  if (!std::filesystem::exists(folder)) return "none";
  const std::filesystem::directory_iterator files(folder);
  return absl::StrCat(std::distance(begin(files), end(files)), " files");
}

// Which rounds are scored, and on which examples.
inline std::string Scores(const Overrides& overrides) {
  std::string scores;
  for (const auto& score : RunExperiment(Tiny(overrides)).Of<ledger::event::Evaluated>()) {
    absl::StrAppend(&scores, score.round, score.accuracy.has_value() ? " test" : "",
                    score.validation_accuracy.has_value() ? " validation" : "",
                    score.clients_accuracy.has_value() ? " clients" : "", "; ");
  }
  return scores;
}

// The files that the run leaves in its folder.
inline std::string RunFolder(const Overrides& overrides) {
  std::string folder = EmptyFolder("run");
  EXPECT_EQ(RunExperiment(Tiny(overrides), {}, folder).verdict.outcome, RunOutcome::kDone);
  return folder;
}

inline ledger::RunLedger LedgerOf(const Overrides& overrides) {
  auto run = ledger::ReadLedger(RunFolder(overrides));
  EXPECT_TRUE(run.ok()) << run.status();
  return run.ok() ? *std::move(run) : ledger::RunLedger();
}

inline std::string HasLedger(const Overrides& overrides) {
  return std::filesystem::exists(RunFolder(overrides) + "/ledger.sqlite") ? "ledger" : "none";
}

inline std::string HasHealth(const Overrides& overrides) {
  return LedgerOf(overrides).health.empty() ? "none" : "health";
}

// Whether activations have their own phase in the forward pass.
inline std::string ForwardPhases(const Overrides& overrides) {
  Nanos activations = 0;
  for (const ledger::TaskRow& task : LedgerOf(overrides).tasks) {
    activations += task.step_ns[static_cast<int>(StepPhase::kForwardActivations)];
  }
  return activations > 0 ? "products and activations" : "products";
}

// Whether rounds wait for the score of the previous one.
inline std::string IdleRounds(const Overrides& overrides) {
  Nanos idle = 0;
  for (const ledger::RoundRow& round : LedgerOf(overrides).rounds) {
    idle += round.phase(ledger::RoundPhase::kIdle);
  }
  return idle > 0 ? "idle" : "busy";
}

}  // namespace fedround::testing
