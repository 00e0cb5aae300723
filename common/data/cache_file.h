// A file of the cache: one decoded data set, ready to be read by rows.
//
// Opening reads the header and the labels, which one checksum covers. Each row of inputs carries a
// checksum of its own, so that a client that reads its 600 rows of 70,000 checks those 600 (30 us)
// and no read returns inputs that were changed since they were decoded. The checksums find damage
// and mistakes; against forgery the folder is the user's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/io/file.h"
#include "common/data/decoded.h"

namespace fedround::data {

// Raise it when the layout changes, or when any decoder turns the same sources and options into
// something else.
inline constexpr std::uint32_t kCacheFormat = 5;

struct CachedSplit {
  std::vector<std::uint32_t> labels;
  std::uint64_t first_row = 0;  // among the rows of both splits
  std::uint64_t offset = 0;     // of that row in the file
};

// An opened cache file.
struct CachedDataset {
  Fd fd;
  std::string path;
  ValueType type = ValueType::kUint8;
  FeatureShape shape;
  std::optional<ImageLayout> layout;
  std::size_t classes = 0;
  std::string hash;               // SHA-256 of the contents
  std::uint64_t source_hash = 0;  // of the files that they were decoded from, see HashSources
  CachedSplit train;
  CachedSplit test;
  std::vector<std::uint32_t> natural_clients;
  std::string client_names;  // packed
  std::string warning;       // why the usual folder does not hold it, for people; empty: it does

  // Bytes from one row to the next, here and in what Read returns: the inputs and their checksum.
  std::size_t stride() const;

  // Reads these rows of the split in this order into `out` [rows.size(), stride()].
  // Errors: DATA_LOSS, with the path and the row, if one is not what was written.
  absl::Status Read(const CachedSplit& split, std::span<const std::uint32_t> rows,
                    std::span<std::byte> out) const;
};

// The format of a file that starts as files of the cache do, of this or another version of the
// program; nothing for any other.
std::optional<std::uint32_t> CacheFormatOf(const Fd& fd);

// DATA_LOSS for anything but a whole cache file; `path` is for messages.
absl::StatusOr<CachedDataset> ReadCacheFile(Fd fd, std::string path);

// Hands the file's bytes to `append`, piece by piece. Errors: those of `append`.
absl::Status WriteCacheFile(const Decoded& decoded, std::uint64_t source_hash,
                            const std::function<absl::Status(absl::string_view)>& append);

}  // namespace fedround::data
