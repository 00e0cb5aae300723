// What lies in the cache of decoded data (cache.h), for who wants to see it or have the room back.
//
// Nothing is believed to be a file of the cache but a plain file of this user's, in a folder of
// this user's, with the name and the first bytes of one.
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

// Of all folders of the cache, by their paths. A folder that is not there or cannot be read has
// none.
std::vector<CacheEntry> ListCache();

struct ClearedCache {
  std::uint64_t data_sets = 0;
  std::uint64_t bytes = 0;          // of them and of what stopped processes left beside them
  std::vector<std::string> failed;  // the path and why it is still there
};

// Removes them, and the unfinished files of processes that were stopped while they decoded. Runs go
// on: who has opened a file keeps it, the lock of who is decoding stays, and so does what it
// writes.
ClearedCache ClearCache();

}  // namespace fedround::data
