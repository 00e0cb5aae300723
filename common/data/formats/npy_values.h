// The numbers of an array as data sets keep them: one row after the other in native order, whatever
// order of bytes and axes the file has.
#pragma once

#include <cstddef>
#include <span>

#include "common/data/formats/npy.h"

namespace fedround::data {

// Copies the items of `array` (kind 'u' of one byte) to `out` [array.size()].
void CopyBytes(const NpyArray& array, std::span<std::byte> out);

// Converts the items of `array` (kind 'b', 'u', 'i' or 'f') to `out` [array.size()], rounding to
// nearest. What float32 cannot hold becomes infinite.
void ConvertToFloat(const NpyArray& array, std::span<float> out);

}  // namespace fedround::data
