// The tables that plug-ins come from. To add a kind of plug-in: a folder with its table, the key in
// experiment.proto and in Experiment, and its line in kTables here.
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

// Looks up a table's entries by its name. The name is one that a rule gives.
using TableLookup = std::span<const PlugInInfo> (*)(absl::string_view table);

std::span<const PlugInInfo> PlugInTable(absl::string_view table);

}  // namespace fedround::config
