// The numbers of an array as data sets keep them: row after row, in native byte order, whatever the
// order of bytes and axes in the file.
#pragma once

#include <cstddef>
#include <span>

#include "common/data/formats/npy.h"

namespace fedround::data {

// Copies the items of `array` (kind 'u' of one byte) to `out` [array.size()].
void CopyBytes(const NpyArray& array, std::span<std::byte> out);

// Converts the items of `array` (kind 'b', 'u', 'i' or 'f') to `out` [array.size()], rounding to
// nearest. Values beyond the range of float32 become infinite.
void ConvertToFloat(const NpyArray& array, std::span<float> out);

}  // namespace fedround::data
