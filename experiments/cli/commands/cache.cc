// fedround cache list, fedround cache clear: the decoded data sets of this user.
#include "common/data/cache.h"

#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/exit_code.h"
#include "common/base/printable.h"
#include "common/data/cache_file.h"
#include "common/data/cache_folder.h"
#include "experiments/cli/commands/commands.h"
#include "experiments/cli/screen/terminal.h"
#include "experiments/cli/text/text.h"

namespace fedround::cli {
namespace {

std::string TimeText(std::int64_t seconds) {
  const std::time_t time = seconds;
  std::tm utc{};
  gmtime_r(&time, &utc);
  char text[32];
  return std::string(text, std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc));
}

void PrintJson(const std::vector<data::CacheEntry>& entries) {
  using Json = nlohmann::ordered_json;
  for (const data::CacheEntry& entry : entries) {
    const Json json = {{"path", entry.path},
                       {"dataset", entry.dataset},
                       {"bytes", entry.bytes},
                       {"made", TimeText(entry.made_s)},
                       {"current", entry.format == data::kCacheFormat}};
    std::cout << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  }
}

std::vector<std::string> ListLines(const std::vector<data::CacheEntry>& entries) {
  if (entries.empty()) {
    return {absl::StrCat("no decoded data in ", absl::StrJoin(data::CacheFolders(), " or "))};
  }
  std::vector<std::string> lines;
  std::size_t columns = 0;
  std::uint64_t bytes = 0;
  for (const data::CacheEntry& entry : entries) columns = std::max(columns, entry.dataset.size());
  for (const data::CacheEntry& entry : entries) {
    bytes += entry.bytes;
    lines.push_back(absl::StrFormat(
        "%10s  %-*s  %s  %s%s", BytesText(entry.bytes), static_cast<int>(columns), entry.dataset,
        TimeText(entry.made_s), entry.path,
        entry.format == data::kCacheFormat ? "" : "  (of another version of fedround)"));
  }
  lines.push_back(
      absl::StrFormat("%10s  in %s", BytesText(bytes), CountText(entries.size(), "data set")));
  return lines;
}

}  // namespace

int RunCacheList(const CacheListCommand& command) {
  const std::vector<data::CacheEntry> entries = data::ListCache();
  if (command.json) {
    PrintJson(entries);
  } else {
    PrintLines(ListLines(entries));
  }
  return exit_code::kDone;
}

int RunCacheClear(const CacheClearCommand&) {
  const data::ClearedCache cleared = data::ClearCache();
  const std::string line[] = {absl::StrCat("freed ", BytesText(cleared.bytes), " of ",
                                           CountText(cleared.data_sets, "data set"))};
  PrintLines(line);
  if (cleared.failed.empty()) return exit_code::kDone;
  return Fail(absl::StrJoin(cleared.failed, "\n"), exit_code::kEnvironment);
}

}  // namespace fedround::cli
