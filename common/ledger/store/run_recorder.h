// The record of a run: RUN/ledger.sqlite while it goes on, CSV files and status.json when it ends.
//
// Legal order: Create; then CommitRound for each round, with calls of Add at any time; then Finish.
// What is passed to Add is written with the next commit (or by Finish), so a round costs one
// transaction. Add and StopWaiting are thread-safe; only one commit may run at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ledger/records.h"

namespace fedround::ledger {

class RunRecorder {
 public:
  // Creates `folder`/ledger.sqlite. An empty `folder` gives a recorder that keeps nothing (tests).
  // Errors: ALREADY_EXISTS if the folder holds a ledger; what the file system says.
  static absl::StatusOr<std::unique_ptr<RunRecorder>> Create(const std::string& folder);

  virtual ~RunRecorder() = default;

  virtual void Add(AnyRow row) = 0;
  // Errors: those of sqlite.h; nothing of the round is then in the ledger.
  virtual absl::Status CommitRound(const RoundRecord& round) = 0;
  // Writes what is pending, the verdict, the CSV files and trace.json.
  virtual absl::Status Finish(const Verdict& verdict) = 0;
  // `tell` is called, in the middle of a commit, with one line if another program holds a lock on
  // the ledger for long.
  virtual void TellOfWaits(std::function<void(std::string message)> tell) = 0;
  // From now on, waiting for a lock that another program holds on the ledger takes at most a
  // second, instead of minutes. Any thread may call it.
  virtual void StopWaiting() = 0;
};

// The folded sets of a finished run, for --replay: index r-1 holds the ids folded in round r,
// ascending. Errors: NOT_FOUND if there is no ledger; DATA_LOSS if it is damaged or rounds are
// missing.
absl::StatusOr<std::vector<std::vector<ClientId>>> ReadFoldedSets(const std::string& folder);

}  // namespace fedround::ledger
