// trace.json: the ledger's times as a picture for ui.perfetto.dev. One row for the coordinator's
// chain, one for each thing that runs beside it, one for each client, all on the coordinator's
// clock; arrows from an instruction to its download and from an upload to its fold.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "common/ledger/store/sqlite.h"

namespace fedround::ledger {

inline constexpr absl::string_view kTraceFile = "trace.json";

// A limit of viewers rather than ours: a task takes 2 KB of text.
inline constexpr std::uint64_t kMostTracedTasks = 20'000;

// Writes `folder`/trace.json round by round, under a temporary name, and renames it. With more
// tasks than `most_tasks` it has only the rounds before that; the file's "otherData" says which.
// Errors: DATA_LOSS for a row that does not hold what it should; what SQLite or the file system
// says, with the path.
absl::Status ExportTrace(Database& database, const std::string& folder,
                         std::uint64_t most_tasks = kMostTracedTasks);

}  // namespace fedround::ledger
