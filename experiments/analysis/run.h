// A run folder, opened for all that is asked of it: what is there once per run. What is there per
// round is read as it is needed, see round_rows.h.
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
  std::unique_ptr<ledger::Database> database;  // one snapshot, though the run may be going on
  std::vector<ledger::ClientRecord> clients;
  std::vector<ledger::ConnectionRecord> connections;
  std::optional<ledger::Verdict> verdict;  // none: the run has not ended, or was killed
  std::uint32_t rounds = 0;                // committed
  std::set<ClientId> failed;               // clients with a row in `failures`
  std::set<ClientId> clock_failed;         // of them those whose clock was in contradiction
  ledger::Manifest manifest;
  Experiment experiment;
  std::optional<ledger::RunStatus> status;  // none: the coordinator did not end by itself

  bool done() const { return verdict.has_value() && verdict->outcome == RunOutcome::kDone; }
};

// Errors, with the path: of the ledger those of ledger::Unreadable, so never FAILED_PRECONDITION,
// which is a finding; of the other files NOT_FOUND if one is not there, DATA_LOSS if it is damaged,
// and what the file system says.
absl::StatusOr<Run> ReadRun(const std::string& folder);

}  // namespace fedround::analysis
