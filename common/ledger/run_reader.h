// Reads a ledger back, from a file that may come from anywhere: every column must hold what the
// schema says, every enumeration a known name, and no time may be so large that sums overflow.
// Whether the rows fit together is not asked here: `fedround verify` does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ledger/records.h"
#include "common/ledger/sqlite.h"

namespace fedround::ledger {

// No time in a ledger may be further from 0, and no phase longer, so that sums of a few of them
// fit. Whatever the wire lets through is within.
inline constexpr Nanos kLargestTime = Nanos{1} << 61;
inline constexpr Nanos kLongestPhase = Nanos{1} << 56;  // two years

// A record together with the columns that are not in it. Of RoundRecord the numbers only: steps and
// answers have tables of their own, and the sets are known by their sizes.
struct RoundRow : RoundRecord {
  std::uint64_t cohort_size = 0;
  std::uint64_t folded_count = 0;
  std::uint64_t dropped_count = 0;
};
struct StepRow : StepRecord {
  std::uint32_t round = 0;
};
struct AnswerRow : AnswerRecord {
  std::uint32_t round = 0;
};
struct MetricRow {
  std::uint32_t round = 0;
  ClientId client = 0;
  std::string name;
  std::optional<double> value;
};
struct HealthRow : HealthValue {
  std::uint32_t round = 0;
  std::optional<ClientId> client;  // none: the coordinator's
};
struct TaskRow : TaskCost {
  Nanos device_ns = 0;
  std::optional<Nanos> clock_offset_ns;
  std::optional<Nanos> clock_bound_ns;
};

// Tables in the order of their keys; failures, and the health of each round, in the order in which
// they were recorded. A score or a health value that is NULL is a NaN here.
struct RunLedger {
  std::vector<RoundRow> rounds;
  std::vector<StepRow> steps;
  std::vector<AnswerRow> answers;
  std::vector<MetricRow> metrics;
  std::vector<HealthRow> health;
  std::vector<TaskRow> tasks;
  std::vector<ClientRecord> clients;
  std::vector<ConnectionRecord> connections;
  std::vector<TrafficRecord> traffic;
  std::vector<EvaluationRecord> evaluations;
  std::vector<FailureRecord> failures;
  std::optional<Verdict> verdict;  // none: the run has not ended, or was killed
};

std::string LedgerPath(const std::string& folder);

// Errors: NOT_FOUND if the folder has no ledger, with what to do; DATA_LOSS if it is of another
// schema version; what SQLite says.
absl::StatusOr<Database> OpenLedger(const std::string& folder);

// Errors: NOT_FOUND as OpenLedger; DATA_LOSS for anything else, with path, table and column.
absl::StatusOr<RunLedger> ReadLedger(const std::string& folder);

// The rows of one table, one after the other, for those who must not hold all of them. Row is one
// of the types above.
template <typename Row>
class TableCursor {
 public:
  static absl::StatusOr<TableCursor> Open(Database& database);

  // Moves to the next row, which `row()` is then; false after the last.
  absl::StatusOr<bool> Next();
  const Row& row() const { return row_; }

 private:
  explicit TableCursor(Statement rows) : rows_(std::move(rows)) {}

  Statement rows_;
  Row row_;
};

}  // namespace fedround::ledger
