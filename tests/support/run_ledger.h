// The whole ledger of a small run in memory, for tests that look at single rows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/status_macros.h"
#include "common/ledger/store/run_reader.h"

namespace fedround::ledger {

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
  std::optional<Verdict> verdict;
};

inline absl::StatusOr<RunLedger> ReadTables(const std::string& folder) {
  ASSIGN_OR_RETURN(Database database, OpenLedger(folder));
  RunLedger run;
  ASSIGN_OR_RETURN(run.rounds, ReadAll<RoundRow>(database));
  ASSIGN_OR_RETURN(run.steps, ReadAll<StepRow>(database));
  ASSIGN_OR_RETURN(run.answers, ReadAll<AnswerRow>(database));
  ASSIGN_OR_RETURN(run.metrics, ReadAll<MetricRow>(database));
  ASSIGN_OR_RETURN(run.health, ReadAll<HealthRow>(database));
  ASSIGN_OR_RETURN(run.tasks, ReadAll<TaskRow>(database));
  ASSIGN_OR_RETURN(run.clients, ReadAll<ClientRecord>(database));
  ASSIGN_OR_RETURN(run.connections, ReadAll<ConnectionRecord>(database));
  ASSIGN_OR_RETURN(run.traffic, ReadAll<TrafficRecord>(database));
  ASSIGN_OR_RETURN(run.evaluations, ReadAll<EvaluationRecord>(database));
  ASSIGN_OR_RETURN(run.failures, ReadAll<FailureRecord>(database));
  ASSIGN_OR_RETURN(run.verdict, ReadVerdict(database));
  return run;
}

inline absl::StatusOr<RunLedger> ReadLedger(const std::string& folder) {
  absl::StatusOr<RunLedger> run = ReadTables(folder);
  if (!run.ok()) return Unreadable(folder, run.status());
  return run;
}

}  // namespace fedround::ledger
