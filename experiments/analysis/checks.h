// The topics of `fedround verify`, one .cc each. Each check returns the first thing that does not
// add up (FAILED_PRECONDITION, see finding.h), or what it has to report. CheckChains comes first:
// the others count on rounds 1..n and on times that are sums.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "experiments/analysis/run.h"

namespace fedround::analysis {

// Time is a gapless chain: the coordinator's rounds and steps, each client's tasks.
absl::Status CheckChains(const Run& run);

// What was accepted has a step, a cause before each stamp, and a report of its cost.
absl::Status CheckAnswers(const Run& run);

// Clients' stamps lie between the coordinator's, by the bound of their offset, the largest of which
// is returned.
absl::StatusOr<Nanos> CheckClocks(const Run& run);

struct PathFigures {
  std::uint64_t rounds_within = 0;     // path and wall differ by 1 % at most
  std::uint64_t closed_otherwise = 0;  // steps that no answer closed, or one without a report
  Nanos wall_ns = 0;                   // all rounds
  Nanos handover_ns = 0;               // of it, between the last fold and the next phase
};
// The critical path is the wall time, within 1 % in 99 of 100 rounds.
absl::StatusOr<PathFigures> CheckCriticalPath(const Run& run);

// Of the connections with sockets on which no call was cut.
struct ByteFigures {
  std::uint64_t connections = 0;
  std::uint64_t calls = 0;
  std::uint64_t wire = 0;  // both ways
  std::uint64_t messages = 0;
};
// Rounds and connections are the same bytes summed two ways, and clients count the same.
absl::StatusOr<ByteFigures> CheckBytes(const Run& run);

// Cohorts, drop-outs, folded sets, weights and means follow from seed and answers.
absl::Status CheckSets(const Run& run);

// Models follow each other up to the file; hashes and verdict agree.
absl::Status CheckModel(const Run& run);

// rounds.csv, clients.csv and health.csv are the database's.
absl::Status CheckCsv(const Run& run);

}  // namespace fedround::analysis
