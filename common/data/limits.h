// The largest data sets that are read. A file that claims more is refused before memory is taken
// for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace fedround::data {

// Rows are numbered with uint32.
inline constexpr std::uint64_t kMaxExamples = std::numeric_limits<std::uint32_t>::max();
inline constexpr std::uint64_t kMaxClasses = std::uint64_t{1} << 20;
// For one file, for one array in it, and for all inputs of one split after decoding.
inline constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 34;
inline constexpr std::size_t kMaxClientNameBytes = 1024;
inline constexpr std::size_t kMaxAxes = 8;
inline constexpr std::size_t kMaxZipMembers = 1024;
inline constexpr std::size_t kMaxNpyHeaderBytes = std::size_t{1} << 16;

}  // namespace fedround::data
