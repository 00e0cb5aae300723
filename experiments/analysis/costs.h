// The costs and results of a run, as numbers for tables: where a round's time goes, what its
// clients did, what moved, what disturbed it, and how good its model is. Nothing is checked here;
// `verify` does that.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "experiments/analysis/critical_path.h"
#include "experiments/analysis/run.h"

namespace fedround::analysis {

// One phase over all train tasks. A client's time is the mean of its tasks.
struct PhaseCost {
  absl::string_view name;
  double share = 0;     // of all phases' time, 0 .. 1
  double median_s = 0;  // over clients
  double p95_s = 0;
  double slowest_s = 0;
  ClientId slowest = 0;
  double cpu_s = 0;  // of all tasks together
};

struct ByteCost {
  absl::string_view kind;
  std::uint64_t down = 0;  // of all rounds
  std::uint64_t up = 0;
};

// Signs that something else ran on the machine, and in how many rounds.
struct Disturbance {
  std::uint64_t switches = 0;
  std::uint64_t rounds_with_switches = 0;
  double steal_s = 0;
  std::uint64_t rounds_with_steal = 0;
  std::uint64_t rounds_with_slow_probe = 0;  // it took more than 1.5 times the median
};

// The health of the network when it was first and last measured; the rounds may differ between the
// test set and the clients' shards.
struct HealthEnds {
  std::vector<ledger::HealthRow> first_test, last_test;
  std::vector<ledger::HealthRow> first_shards, last_shards;
};

struct RunCosts {
  std::vector<double> wall_s;  // one per round
  std::vector<double> modelled_s;
  double path_s[kPathParts] = {};  // mean of the rounds
  std::uint64_t closed_otherwise = 0;
  std::uint64_t train_tasks = 0;
  std::vector<PhaseCost> phases;  // of a client; empty without train tasks
  std::vector<PhaseCost> inside;  // of training; empty if it was not measured
  double activation_share = 0;    // of training, both directions
  std::vector<ByteCost> bytes;    // disjoint kinds; those of the wire only with sockets
  std::uint64_t retransmitted = 0;
  double fold_s = 0;
  double evaluate_s = 0;
  Disturbance disturbance;
  std::map<FailureKind, std::uint64_t> failures;
  // The last one on the test set; where there is none, the clients' last one on their own examples.
  std::optional<ledger::EvaluationRecord> score;
  HealthEnds health;  // empty without ledger.health
};

// Takes memory per client and per round. Errors: those of ReadRun.
absl::StatusOr<RunCosts> MeasureCosts(const Run& run);

}  // namespace fedround::analysis
