// The tables of plug-ins. A new kind of plug-in takes a folder with its table, the key in
// experiment.proto and in Experiment, and one line in kTables here.
#pragma once

#include <span>

#include "absl/strings/string_view.h"
#include "common/base/plug_in.h"

namespace fedround::config {

struct TableInfo {
  absl::string_view name;    // as rules of experiment.proto and errors call an entry: "activation"
  absl::string_view plural;  // as `fedround list` calls the table: "activations"
  absl::string_view key;     // where an experiment names an entry: "model.activation"
  std::span<const PlugInInfo> (*infos)();
};

// All tables, in the order of `fedround list`.
std::span<const TableInfo> Tables();

// Looks up a table's entries by its name, which must be one that a rule gives.
using TableLookup = std::span<const PlugInInfo> (*)(absl::string_view table);

std::span<const PlugInInfo> PlugInTable(absl::string_view table);

}  // namespace fedround::config
