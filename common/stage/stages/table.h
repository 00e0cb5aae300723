// All stages. To add one, write a file in this folder with a class that derives from Stage and a
// function `StageEntry NameEntry()`, and the line `FEDROUND_STAGE(Name)` in table.inc. Example:
// clip.cc.
#pragma once

#include <memory>
#include <span>

#include "common/base/plug_in.h"
#include "common/stage/stage.h"

namespace fedround::stage {

struct StageEntry {
  PlugInInfo info;
  // `options` are resolved.
  std::unique_ptr<const Stage> (*make)(const PlugIn& options, const Population& population);
};

#define FEDROUND_STAGE(name) StageEntry name##Entry();
#include "common/stage/stages/table.inc"
#undef FEDROUND_STAGE

std::span<const StageEntry> StageTable();

}  // namespace fedround::stage
