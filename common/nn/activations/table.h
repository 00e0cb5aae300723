// The activations there are. A line `FEDROUND_ACTIVATION(Name)` in table.inc stands for a function
// `ActivationEntry NameEntry()` in a file of this folder.
#pragma once

#include <span>

#include "common/nn/activation.h"

namespace fedround::nn {

#define FEDROUND_ACTIVATION(name) ActivationEntry name##Entry();
#include "common/nn/activations/table.inc"
#undef FEDROUND_ACTIVATION

std::span<const ActivationEntry> ActivationTable();

}  // namespace fedround::nn
