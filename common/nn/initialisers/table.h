// All initialisers. To add one, write a file in this folder with a function
// `InitialiserEntry NameEntry()` (common/nn/initialiser.h), and the line
// `FEDROUND_INITIALISER(Name)` in table.inc. he.cc is the shortest.
#pragma once

#include <span>

#include "common/nn/initialiser.h"

namespace fedround::nn {

#define FEDROUND_INITIALISER(name) InitialiserEntry name##Entry();
#include "common/nn/initialisers/table.inc"
#undef FEDROUND_INITIALISER

std::span<const InitialiserEntry> InitialiserTable();

}  // namespace fedround::nn
