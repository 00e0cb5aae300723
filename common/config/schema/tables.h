// The tables that experiment.proto names in its rules ("activation", "dataset", ...).
#pragma once

#include <span>

#include "absl/strings/string_view.h"
#include "common/base/plug_in.h"

namespace fedround::config {

// Looks up a table by its name. The name is one that a rule gives.
using TableLookup = std::span<const PlugInInfo> (*)(absl::string_view table);

std::span<const PlugInInfo> PlugInTable(absl::string_view table);

}  // namespace fedround::config
