// What is in the cache of decoded data (cache.h), for those who want to see it or free the space.
//
// Only a plain file of this user's, in a folder of this user's, with the name and the first bytes
// of a cache file is taken for one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fedround::data {

struct CacheEntry {
  std::string path;
  std::string dataset;  // as experiments name it: "npz"
  std::uint64_t bytes = 0;
  std::int64_t made_s = 0;   // since 1970
  std::uint32_t format = 0;  // kCacheFormat unless another version of the program made it
};

// The entries of all folders of the cache, sorted by path. A folder that does not exist or cannot
// be read has none.
std::vector<CacheEntry> ListCache();

struct ClearedCache {
  std::uint64_t data_sets = 0;
  std::uint64_t bytes = 0;          // of these and of what stopped processes left beside them
  std::vector<std::string> failed;  // the path and why it could not be removed
};

// Removes all entries, and unfinished files of processes that were stopped while they decoded.
// Running runs are not affected: an opened file stays readable, and a process that is decoding
// keeps its lock and the file that it writes.
ClearedCache ClearCache();

}  // namespace fedround::data
