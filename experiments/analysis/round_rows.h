// A run's rows, round by round, so that checking and measuring a run takes the memory of one round,
// however long the run was.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "absl/status/statusor.h"
#include "common/ledger/store/run_reader.h"
#include "experiments/analysis/run.h"

namespace fedround::analysis {

// All rows that name one round, each table in the order of its key. Valid until the next round.
struct RoundRows {
  std::uint32_t number = 0;
  const ledger::RoundRow* round = nullptr;  // null: it was not committed, or is round 0
  std::span<const ledger::StepRow> steps;
  std::span<const ledger::AnswerRow> answers;
  std::span<const ledger::MetricRow> metrics;
  std::span<const ledger::HealthRow> health;
  std::span<const ledger::TaskRow> tasks;
  std::span<const ledger::TrafficRecord> traffic;
  std::span<const ledger::EvaluationRecord> evaluations;
  std::span<const ledger::FailureRecord> failures;
};

class RoundReader {
 public:
  // `run` must outlive the reader. Errors: those of ReadRun.
  static absl::StatusOr<RoundReader> Open(const Run& run);

  // Moves to the next round that any table names; false after the last. The same errors.
  absl::StatusOr<bool> Next();
  const RoundRows& rows() const { return rows_; }

 private:
  template <typename Row>
  using ByRound = ledger::ByRound<Row>;

  struct Tables {
    ByRound<ledger::RoundRow> rounds;
    ByRound<ledger::StepRow> steps;
    ByRound<ledger::AnswerRow> answers;
    ByRound<ledger::MetricRow> metrics;
    ByRound<ledger::HealthRow> health;
    ByRound<ledger::TaskRow> tasks;
    ByRound<ledger::TrafficRecord> traffic;
    ByRound<ledger::EvaluationRecord> evaluations;
    ByRound<ledger::FailureRecord> failures;

    static absl::StatusOr<Tables> Open(ledger::Database& database);
    absl::StatusOr<RoundRows> Take(std::uint32_t round);
    std::optional<std::uint32_t> next_round() const;
  };

  RoundReader(const Run& run, Tables tables) : run_(&run), tables_(std::move(tables)) {}

  const Run* run_;
  Tables tables_;
  RoundRows rows_;
};

// Calls `take` with each round's rows, in order, until it returns an error.
template <typename Take>
absl::Status ForEachRound(const Run& run, const Take& take) {
  absl::StatusOr<RoundReader> reader = RoundReader::Open(run);
  if (!reader.ok()) return reader.status();
  while (true) {
    const absl::StatusOr<bool> more = reader->Next();
    if (!more.ok() || !*more) return more.status();
    if (absl::Status status = take(reader->rows()); !status.ok()) return status;
  }
}

// The row of a task or an answer, or null.
template <typename Row>
const Row* Find(std::span<const Row> rows, ClientId client, std::uint32_t step) {
  const auto key = [](const Row& row) { return std::pair(row.client, row.step); };
  const auto at = std::ranges::lower_bound(rows, std::pair(client, step), {}, key);
  return at != rows.end() && key(*at) == std::pair(client, step) ? &*at : nullptr;
}

inline Nanos StepEnd(const ledger::StepRow& step) {
  return step.start_ns + step.broadcast_ns + step.collect_ns;
}

// When the client had its instruction, by its own clock.
inline Nanos Arrival(const TaskCost& task) {
  return task.start_ns + task.phase(ClientPhase::kWaitInstruction);
}

}  // namespace fedround::analysis
