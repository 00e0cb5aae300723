// The cache of decoded data sets: one file a data set, ready to be read by rows.
//
// Opening reads the header and the labels, never the inputs. A file that is not whole is made anew:
// the cache may be deleted at any time. It is written aside, under a lock, and renamed, so of two
// processes that start at once one decodes and the other waits, and a reader keeps the file it
// opened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/file.h"
#include "common/data/decoded.h"

namespace fedround::data {

// An opened cache file.
struct CachedSplit {
  std::vector<std::uint32_t> labels;
  std::uint64_t values_offset = 0;  // where [examples, inputs] begins in the file
};

struct CachedDataset {
  Fd fd;
  std::string path;
  ValueType type = ValueType::kUint8;
  FeatureShape shape;
  std::size_t classes = 0;
  std::string hash;
  CachedSplit train;
  CachedSplit test;
  std::vector<std::uint32_t> natural_clients;
};

// $XDG_CACHE_HOME/fedround, else $HOME/.cache/fedround, else /tmp/fedround-UID; created if missing.
// Errors: PERMISSION_DENIED if the folder under /tmp belongs to another user.
absl::StatusOr<std::string> CacheFolder();

// Opens `path`. If it is missing or damaged, calls `decode`, checks what it returns, and writes it
// there. `name` stands before errors about the decoded data.
absl::StatusOr<CachedDataset> OpenOrBuildCache(
    const std::string& path, absl::string_view name,
    const std::function<absl::StatusOr<Decoded>()>& decode);

// What a file of the cache is named after: format version and, of each file, absolute path, size
// and time of modification. Errors: NOT_FOUND and the like for a file that cannot be looked at.
absl::StatusOr<std::string> DescribeSources(const std::vector<std::string>& paths);

}  // namespace fedround::data
