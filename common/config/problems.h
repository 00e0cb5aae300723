// What is wrong with an experiment, each problem at the path of its key ("training.learning_rate").
//
// Checks know paths and values; only this class knows where a path was written, so a check is the
// same whether the experiment came from a file, an override or the wire. Only the first problem of
// a path is reported; others follow from it. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace fedround::config {

// Where a key or value was written.
struct Origin {
  std::string source;      // a file's path, or the name of an override; empty for a default
  std::uint32_t line = 0;  // 0: the source has no lines
  std::uint32_t column = 0;
};

class Problems {
 public:
  // At most this many are reported in words; the rest are counted.
  static constexpr std::size_t kMaxReported = 20;

  // Paths below `path` that were not located themselves count as written there as well.
  void Locate(absl::string_view path, const Origin& key, const Origin& value);

  // "file:12:17: path = value: what". `value` may be empty; the position is the value's.
  void Add(absl::string_view path, absl::string_view value, absl::string_view what);
  // "file:7:3: path: what", at the key itself.
  void AddKey(absl::string_view path, absl::string_view what);

  bool empty() const { return paths_.empty(); }
  // INVALID_ARGUMENT with one line per problem, in the order in which they were added. OK if there
  // are none.
  absl::Status ToStatus() const;

 private:
  struct Place {
    Origin key;
    Origin value;
  };
  void AddLine(const Origin& origin, absl::string_view path, absl::string_view value,
               absl::string_view what);
  const Place* Find(absl::string_view path) const;

  std::map<std::string, Place, std::less<>> places_;
  std::set<std::string, std::less<>> paths_;  // of all problems
  std::vector<std::string> lines_;            // for the first kMaxReported
};

// How messages name the override of `path`: "--set run.rounds=20". A long value is cut.
Origin OriginOfOverride(absl::string_view path, absl::string_view value);

// "file:12:17: subject: what"; without the position if the origin is a default, and without the
// subject if the origin is the override of exactly that path.
std::string Worded(const Origin& origin, absl::string_view path, absl::string_view value,
                   absl::string_view what);

}  // namespace fedround::config
