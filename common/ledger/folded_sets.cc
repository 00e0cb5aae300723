// ReadFoldedSets: what --replay needs from a ledger that may come from anywhere.
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/ledger/store/run_reader.h"
#include "common/ledger/store/run_recorder.h"
#include "common/ledger/store/sqlite.h"

namespace fedround::ledger {
namespace {

using FoldedSets = std::vector<std::vector<ClientId>>;

// How many clients each round claims to have folded; index r-1 is round r.
absl::StatusOr<std::vector<std::uint64_t>> ReadCounts(Database& database) {
  ASSIGN_OR_RETURN(Statement rows,
                   database.Prepare("SELECT round, folded FROM rounds ORDER BY round"));
  std::vector<std::uint64_t> counts;
  while (true) {
    ASSIGN_OR_RETURN(const bool has_row, rows.Next());
    if (!has_row) return counts;
    ASSIGN_OR_RETURN(const std::uint64_t round, rows.Natural(0));
    if (round != counts.size() + 1) {
      return absl::DataLossError(
          absl::StrCat("round ", counts.size() + 1, " is missing: found round ", round));
    }
    ASSIGN_OR_RETURN(counts.emplace_back(), rows.Natural(1));
  }
}

absl::StatusOr<FoldedSets> ReadSets(Database& database, std::size_t rounds) {
  ASSIGN_OR_RETURN(Statement rows,
                   database.Prepare("SELECT round, client FROM answers WHERE task = 'train' "
                                    "ORDER BY round, client"));
  FoldedSets sets(rounds);
  while (true) {
    ASSIGN_OR_RETURN(const bool has_row, rows.Next());
    if (!has_row) return sets;
    ASSIGN_OR_RETURN(const std::uint64_t round, rows.Natural(0));
    ASSIGN_OR_RETURN(const ClientId client, rows.Natural(1));
    if (round < 1 || round > rounds) {
      return absl::DataLossError(
          absl::StrCat("clients folded in round ", round, ", which is not in the ledger"));
    }
    std::vector<ClientId>& set = sets[round - 1];
    if (!set.empty() && client <= set.back()) {
      return absl::DataLossError(absl::StrCat("client ", client, " occurs twice in round ", round));
    }
    set.push_back(client);
  }
}

absl::StatusOr<FoldedSets> ReadConsistentSets(const std::string& folder) {
  ASSIGN_OR_RETURN(Database database, OpenLedger(folder));
  ASSIGN_OR_RETURN(const std::vector<std::uint64_t> counts, ReadCounts(database));
  ASSIGN_OR_RETURN(FoldedSets sets, ReadSets(database, counts.size()));
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (sets[i].size() != counts[i]) {
      return absl::DataLossError(absl::StrCat("round ", i + 1, " folded ", counts[i],
                                              " clients, of which ", sets[i].size(),
                                              " are in the ledger"));
    }
  }
  return sets;
}

}  // namespace

absl::StatusOr<FoldedSets> ReadFoldedSets(const std::string& folder) {
  absl::StatusOr<FoldedSets> sets = ReadConsistentSets(folder);
  if (sets.ok()) return sets;
  return Unreadable(folder, sets.status());
}

}  // namespace fedround::ledger
