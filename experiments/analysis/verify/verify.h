// `fedround verify`: recomputes, from the run folder alone, everything that can be computed in two
// ways.
//
// It proves that nothing is missing from the chains of time, that bytes are the same in all books,
// and that the model follows from the folded sets. It cannot prove a number that stands alone (a
// processor time, a count of context switches) or is only bounded (a clock's offset).
// tests/experiments/analysis/verify/verify_cells_test.cc lists those columns.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "experiments/analysis/verify/checks.h"

namespace fedround::analysis {

struct VerifyReport {
  bool ended = false;  // with a verdict; without, only what was committed could be checked
  bool model = false;  // whether there was a model to check
  std::uint64_t rounds = 0;
  std::uint64_t steps = 0;
  std::uint64_t tasks = 0;
  std::uint64_t answers = 0;
  std::uint64_t failed_clients = 0;  // their gaps, missing reports and cut transfers are accepted
  Nanos largest_clock_bound_ns = 0;
  PathFigures path;
  ByteFigures bytes;
};

// Errors: FAILED_PRECONDITION with the first row that does not add up, the two numbers and their
// difference; those of ReadRun if the folder cannot be read.
absl::StatusOr<VerifyReport> Verify(const std::string& folder);

}  // namespace fedround::analysis
