// A run folder, read once for all that is asked of it, and how its rows are found.
#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "common/config/experiment.h"
#include "common/ledger/run_folder.h"
#include "common/ledger/run_reader.h"

namespace fedround::analysis {

struct Run {
  std::string folder;
  ledger::RunLedger ledger;
  ledger::Manifest manifest;
  Experiment experiment;
  std::optional<ledger::RunStatus> status;  // none: the coordinator did not end by itself
  std::set<ClientId> failed;                // clients with a row in `failures`

  bool done() const { return ledger.verdict.has_value() && ledger.verdict->outcome == "done"; }
  // Of the last committed round.
  std::uint32_t rounds() const { return static_cast<std::uint32_t>(ledger.rounds.size()); }
};

// Errors: NOT_FOUND for a file that is not there; DATA_LOSS or INVALID_ARGUMENT for one that cannot
// be read, with the path.
absl::StatusOr<Run> ReadRun(const std::string& folder);

// The rows of one round, of a table in the order of its key.
template <typename Row>
std::span<const Row> OfRound(const std::vector<Row>& rows, std::uint32_t round) {
  // Not equal_range: clang 14 cannot use the subrange of libstdc++ 12.
  const auto begin = std::ranges::lower_bound(rows, round, {}, &Row::round);
  return {begin, std::ranges::upper_bound(begin, rows.end(), round, {}, &Row::round)};
}

// The row of a task or an answer, or null.
template <typename Row>
const Row* Find(const std::vector<Row>& rows, std::uint32_t round, ClientId client,
                std::uint32_t attempt) {
  const auto key = [](const Row& row) { return std::tuple(row.round, row.client, row.attempt); };
  const auto at = std::ranges::lower_bound(rows, std::tuple(round, client, attempt), {}, key);
  return at != rows.end() && key(*at) == std::tuple(round, client, attempt) ? &*at : nullptr;
}

inline Nanos StepEnd(const ledger::StepRow& step) {
  return step.start_ns + step.broadcast_ns + step.collect_ns;
}

// When the client had its instruction; its own clock.
inline Nanos Arrival(const TaskCost& task) {
  return task.start_ns + task.phase(ClientPhase::kWaitInstruction);
}

}  // namespace fedround::analysis
