#include "experiments/analysis/round_rows.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace fedround::analysis {

absl::StatusOr<RoundReader::Tables> RoundReader::Tables::Open(ledger::Database& database) {
  ASSIGN_OR_RETURN(auto rounds, ByRound<ledger::RoundRow>::Open(database));
  ASSIGN_OR_RETURN(auto steps, ByRound<ledger::StepRow>::Open(database));
  ASSIGN_OR_RETURN(auto answers, ByRound<ledger::AnswerRow>::Open(database));
  ASSIGN_OR_RETURN(auto metrics, ByRound<ledger::MetricRow>::Open(database));
  ASSIGN_OR_RETURN(auto health, ByRound<ledger::HealthRow>::Open(database));
  ASSIGN_OR_RETURN(auto tasks, ByRound<ledger::TaskRow>::Open(database));
  ASSIGN_OR_RETURN(auto traffic, ByRound<ledger::TrafficRecord>::Open(database));
  ASSIGN_OR_RETURN(auto evaluations, ByRound<ledger::EvaluationRecord>::Open(database));
  ASSIGN_OR_RETURN(auto failures, ByRound<ledger::FailureRecord>::Open(database));
  return Tables{std::move(rounds),  std::move(steps),       std::move(answers),
                std::move(metrics), std::move(health),      std::move(tasks),
                std::move(traffic), std::move(evaluations), std::move(failures)};
}

std::optional<std::uint32_t> RoundReader::Tables::next_round() const {
  std::optional<std::uint32_t> least;
  for (const std::optional<std::uint32_t> next :
       {rounds.next_round(), steps.next_round(), answers.next_round(), metrics.next_round(),
        health.next_round(), tasks.next_round(), traffic.next_round(), evaluations.next_round(),
        failures.next_round()}) {
    if (next.has_value()) least = std::min(least.value_or(*next), *next);
  }
  return least;
}

absl::StatusOr<RoundRows> RoundReader::Tables::Take(std::uint32_t round) {
  RoundRows rows{.number = round};
  ASSIGN_OR_RETURN(const auto committed, rounds.Take(round));
  // The key forbids it, but a file from elsewhere may have a table without that key.
  if (committed.size() > 1) {
    return absl::DataLossError(absl::StrCat("rounds: round ", round, " occurs twice"));
  }
  if (!committed.empty()) rows.round = &committed.front();
  ASSIGN_OR_RETURN(rows.steps, steps.Take(round));
  ASSIGN_OR_RETURN(rows.answers, answers.Take(round));
  ASSIGN_OR_RETURN(rows.metrics, metrics.Take(round));
  ASSIGN_OR_RETURN(rows.health, health.Take(round));
  ASSIGN_OR_RETURN(rows.tasks, tasks.Take(round));
  ASSIGN_OR_RETURN(rows.traffic, traffic.Take(round));
  ASSIGN_OR_RETURN(rows.evaluations, evaluations.Take(round));
  ASSIGN_OR_RETURN(rows.failures, failures.Take(round));
  return rows;
}

absl::StatusOr<RoundReader> RoundReader::Open(const Run& run) {
  absl::StatusOr<Tables> tables = Tables::Open(*run.database);
  if (!tables.ok()) return ledger::Unreadable(run.folder, tables.status());
  return RoundReader(run, *std::move(tables));
}

absl::StatusOr<bool> RoundReader::Next() {
  const std::optional<std::uint32_t> next = tables_.next_round();
  if (!next.has_value()) return false;
  absl::StatusOr<RoundRows> rows = tables_.Take(*next);
  if (!rows.ok()) return ledger::Unreadable(run_->folder, rows.status());
  rows_ = *std::move(rows);
  return true;
}

}  // namespace fedround::analysis
