// What reading and writing zip archives have in common.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fedround::data {

inline constexpr std::uint32_t kZipLocalHeader = 0x04034b50;
inline constexpr std::uint32_t kZipDirectoryEntry = 0x02014b50;
inline constexpr std::uint32_t kZipEndRecord = 0x06054b50;
// Means "see the zip64 record", in place of a size or an offset.
inline constexpr std::uint32_t kZip64Mark = 0xffffffff;
inline constexpr std::uint16_t kZipStored = 0;
inline constexpr std::uint16_t kZipDeflated = 8;

}  // namespace fedround::data
