// The initialisers there are. A line `FEDROUND_INITIALISER(Name)` in table.inc stands for a
// function `InitialiserEntry NameEntry()` in a file of this folder.
#pragma once

#include <span>

#include "common/nn/initialiser.h"

namespace fedround::nn {

#define FEDROUND_INITIALISER(name) InitialiserEntry name##Entry();
#include "common/nn/initialisers/table.inc"
#undef FEDROUND_INITIALISER

std::span<const InitialiserEntry> InitialiserTable();

}  // namespace fedround::nn
