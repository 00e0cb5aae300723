// The cache of decoded data sets: where a decoded set is kept, and when it must be decoded again.
//
// A file of the cache (cache_file.h) is valid if the files that it was decoded from still have the
// hash they had then. Nothing less will do: size and time of modification can be set, and on some
// file systems inode and time of change tell little. Hashing costs one read of the sources (10 ms
// for the 30 MB of Fashion-MNIST), so only one process of a run does it, the coordinator; its
// clients ask for the contents that it names and read no source.
//
// A cache may be deleted at any time, and does not have to exist at all: if its folder cannot be
// used, another folder or the process's memory is used instead, and the caller gets a line that
// says so. A file is written under a temporary name and a lock, then renamed. So of two processes
// that start at once, one decodes and the other waits, and a reader keeps the file that it opened.
//
// A cache folder must belong to this user. One that belongs to another user is neither written nor
// read, not even if it is read-only: its owner would decide what a run learns from.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/io/file.h"
#include "common/data/cache_file.h"
#include "common/data/decoded.h"

namespace fedround::data {

struct CacheRequest {
  std::string file;                  // name in a cache folder
  std::string name;                  // stands before errors about the decoded data
  std::vector<std::string> sources;  // the files that it is decoded from
  // The hash of the wanted contents, whatever the sources hold by now; empty: what the sources
  // hold.
  std::string known_hash;
  std::function<absl::StatusOr<Decoded>()> decode;
};

// Opens what is cached, or calls `decode`, checks its result and caches that. Even with a
// `known_hash` the contents may be others, if the sources hold others: compare.
// Errors: those of `decode`; DATA_LOSS for decoded data that is invalid; ABORTED if the sources
// changed while they were read; what the system says if sources cannot be read.
absl::StatusOr<CachedDataset> OpenOrBuildCache(const CacheRequest& request);

// The folders that are tried, in this order: $XDG_CACHE_HOME/fedround or else
// $HOME/.cache/fedround, unless neither variable names a folder; $TMPDIR/fedround-UID, or
// /tmp/fedround-UID.
std::vector<std::string> CacheFolders();

// XXH3 over the bytes of these files and their lengths.
absl::StatusOr<std::uint64_t> HashSources(const std::vector<std::string>& paths);

}  // namespace fedround::data
