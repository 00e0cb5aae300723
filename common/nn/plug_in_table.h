// Looking up a plug-in value in a table whose entries carry a PlugInInfo `info`.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/plug_in.h"

namespace fedround::nn {

template <typename Entry>
std::vector<PlugInInfo> TableInfos(std::span<const Entry> table) {
  std::vector<PlugInInfo> infos;
  for (const Entry& entry : table) infos.push_back(entry.info);
  return infos;
}

template <typename Entry>
struct Resolved {
  const Entry* entry;
  PlugIn plug_in;
};

// The entry that `given` names, and `given` with its options checked and filled in. `kind` is what
// the table holds, for messages; `path` is the configuration's key. Errors: INVALID_ARGUMENT for an
// unknown name (with the nearest one) or a bad option.
template <typename Entry>
absl::StatusOr<Resolved<Entry>> ResolveIn(std::span<const Entry> table, const PlugIn& given,
                                          absl::string_view kind, absl::string_view path) {
  const auto at_path = [path](const absl::Status& status) {
    return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
  };
  std::vector<absl::string_view> known;
  for (const Entry& entry : table) {
    known.push_back(entry.info.name);
    if (entry.info.name != given.name) continue;
    absl::StatusOr<PlugIn> plug_in = ResolvePlugIn(given, entry.info);
    if (!plug_in.ok()) return at_path(plug_in.status());
    return Resolved<Entry>{&entry, *std::move(plug_in)};
  }
  return at_path(UnknownNameError(kind, given.name, known));
}

}  // namespace fedround::nn
