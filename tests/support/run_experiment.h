// Runs a small experiment in this process and returns what a test compares.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "common/config/experiment.h"
#include "coordinator/coordinator.h"
#include "experiments/simulate/in_process.h"

namespace fedround::testing {

// Eight clients with a few generated examples each: a round takes about a millisecond.
inline constexpr char kTinyExperiment[] = R"(
[run]
rounds = 4
seed = 7
[data]
name = {name = "blobs", classes = 3, features = 12, train = 240, test = 90, spread = 0.8}
[model]
hidden = [16]
[training]
batch_size = 8
learning_rate = 0.1
[federation]
clients = 8
)";

inline Experiment Tiny(const std::vector<std::string>& overrides = {}) {
  auto experiment = ParseExperimentToml(kTinyExperiment, "tiny.toml", overrides);
  EXPECT_TRUE(experiment.ok()) << experiment.status();
  return *std::move(experiment);
}

struct Outcome {
  ledger::Verdict verdict;
  std::string model_sha256;
  std::vector<ledger::RunEvent> events;

  // The events of a kind, in order.
  template <typename Kind>
  std::vector<Kind> Of() const {
    std::vector<Kind> found;
    for (const ledger::RunEvent& event : events) {
      if (const Kind* kind = std::get_if<Kind>(&event)) found.push_back(*kind);
    }
    return found;
  }
  // Of the last evaluation on the test set; -1 if there was none.
  double accuracy() const {
    double last = -1;
    for (const auto& score : Of<ledger::event::Evaluated>()) last = score.accuracy.value_or(last);
    return last;
  }
};

inline Outcome RunExperiment(Experiment experiment, const simulate::InProcessOptions& options = {},
                             const std::string& folder = "",
                             std::vector<std::vector<ClientId>> replay = {}) {
  Outcome outcome;
  auto coordinator = coordinator::Coordinator::Create(
      {.experiment = std::move(experiment),
       .run_id = "test",
       .folder = folder,
       .replay = std::move(replay),
       .on_event = [&](const ledger::RunEvent& event) { outcome.events.push_back(event); }});
  EXPECT_TRUE(coordinator.ok()) << coordinator.status();
  if (!coordinator.ok()) return outcome;
  auto verdict = simulate::RunInProcess(**coordinator, options);
  EXPECT_TRUE(verdict.ok()) << verdict.status();
  if (verdict.ok()) outcome.verdict = *verdict;
  outcome.model_sha256 = (*coordinator)->model_sha256();
  return outcome;
}

}  // namespace fedround::testing
