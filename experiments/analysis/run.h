// An opened run folder: everything that exists once per run. What exists per round is read as it is
// needed, see round_rows.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/config/experiment.h"
#include "common/ledger/run_folder.h"
#include "common/ledger/store/run_reader.h"

namespace fedround::analysis {

struct Run {
  std::string folder;
  std::unique_ptr<ledger::Database> database;  // one snapshot, even if the run is still going on
  std::vector<ledger::ClientRecord> clients;
  std::vector<ledger::ConnectionRecord> connections;
  std::optional<ledger::Verdict> verdict;  // none: the run has not ended, or was killed
  std::uint32_t rounds = 0;                // committed
  std::set<ClientId> failed;               // clients with a row in `failures`
  std::set<ClientId> clock_failed;         // those among them whose clock contradicted ours
  ledger::Manifest manifest;
  Experiment experiment;
  std::optional<ledger::RunStatus> status;  // none: the coordinator did not end by itself

  bool done() const { return verdict.has_value() && verdict->outcome == RunOutcome::kDone; }
};

// Errors, with the path: for the ledger those of ledger::Unreadable, so never FAILED_PRECONDITION,
// which is a finding; for the other files NOT_FOUND if one is missing, DATA_LOSS if it is damaged,
// and what the file system says.
absl::StatusOr<Run> ReadRun(const std::string& folder);

}  // namespace fedround::analysis
