// `fedround verify`: recomputes from the run folder alone whatever can be computed two ways.
//
// What it proves: nothing is missing from the chains of time, bytes are the same on all books, the
// model is the one of the folded sets' rounds. What it cannot: a number that stands alone (a
// processor time, a count of context switches) or that is only bounded (a clock's offset). The list
// of those columns is in tests/experiments/analysis/verify_mutation_test.cc.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "experiments/analysis/verify/checks.h"

namespace fedround::analysis {

struct VerifyReport {
  bool ended = false;  // with a verdict; else only what was committed could be checked
  bool model = false;  // there was one to check
  std::uint64_t rounds = 0;
  std::uint64_t steps = 0;
  std::uint64_t tasks = 0;
  std::uint64_t answers = 0;
  std::uint64_t failed_clients = 0;  // their gaps, missing reports and cut transfers are let pass
  Nanos largest_clock_bound_ns = 0;
  PathFigures path;
  ByteFigures bytes;
};

// Errors: FAILED_PRECONDITION with the first row that does not add up, the two numbers and their
// difference; those of ReadRun if the folder cannot be read.
absl::StatusOr<VerifyReport> Verify(const std::string& folder);

}  // namespace fedround::analysis
