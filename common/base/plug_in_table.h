// Looks plug-ins up in a table whose entries have a member `PlugInInfo info`.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/plug_in.h"

namespace fedround {

// What a table's entries say about themselves.
template <typename Entry>
std::vector<PlugInInfo> TableInfos(std::span<const Entry> table) {
  std::vector<PlugInInfo> infos;
  for (const Entry& entry : table) infos.push_back(entry.info);
  return infos;
}

template <typename Entry>
struct ResolvedEntry {
  const Entry* entry;
  PlugIn options;
};

// The entry that `given` names, and its options with defaults filled in. `key` is where the
// experiment names it ("data.partition"); it stands before every error.
template <typename Entry>
absl::StatusOr<ResolvedEntry<Entry>> ResolveEntry(absl::string_view key, absl::string_view kind,
                                                  const PlugIn& given,
                                                  std::span<const Entry> table) {
  std::vector<absl::string_view> known;
  for (const Entry& entry : table) {
    known.push_back(entry.info.name);
    if (entry.info.name != given.name) continue;
    if (const std::optional<OptionProblem> problem = FindOptionProblem(given, entry.info)) {
      const std::string path =
          problem->unknown ? std::string(key) : absl::StrCat(key, ".", problem->option);
      const std::string value = problem->value.empty() ? "" : absl::StrCat(" = ", problem->value);
      return absl::InvalidArgumentError(absl::StrCat(path, value, ": ", problem->what));
    }
    return ResolvedEntry<Entry>{&entry, WithDefaults(given, entry.info)};
  }
  const absl::Status unknown = UnknownNameError(kind, given.name, known);
  return absl::Status(unknown.code(), absl::StrCat(key, ": ", unknown.message()));
}

}  // namespace fedround
