// trace.json: the ledger's times as a picture that ui.perfetto.dev opens. One row for the
// coordinator's chain, one each for what runs beside it, one for each client, on the coordinator's
// clock; arrows from an instruction to its download and from an upload to its fold.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "common/ledger/store/sqlite.h"

namespace fedround::ledger {

inline constexpr absl::string_view kTraceFile = "trace.json";

// A viewer's limit rather than ours: a task is 2 KB of text.
inline constexpr std::uint64_t kMostTracedTasks = 20'000;

// Writes `folder`/trace.json, aside and renamed, a round at a time. With more tasks than
// `most_tasks` only the rounds before that; the file's "otherData" says which.
// Errors: DATA_LOSS for a row that does not hold what it should; what SQLite or the file system
// says, with the path.
absl::Status ExportTrace(Database& database, const std::string& folder,
                         std::uint64_t most_tasks = kMostTracedTasks);

}  // namespace fedround::ledger
