// One document from many: the schema's defaults, the files that `extends` names, the file itself,
// the overrides; each merged over the ones before it.
//
// Tables are merged key by key, everything else is replaced. A plug-in is replaced as a whole if
// its name is given (options of another plug-in would mean nothing), and merged if only options
// are.
#pragma once

#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/config/toml/value.h"

namespace fedround::config {

// The most files in a chain of `extends`.
inline constexpr int kMaxExtends = 16;

struct TomlDocument {
  std::string text;
  std::string name;    // for origins
  std::string folder;  // what its `extends` is relative to; empty: the working folder
  // The config.toml of a run folder, perhaps from an earlier release: keys that were renamed since
  // then may have their old names.
  bool of_a_run = false;
};

// `path` is a file, or a stream that is read to its end: /dev/stdin, or /dev/fd/63 as shells write
// `<(command)`. Errors: NOT_FOUND, PERMISSION_DENIED as from ReadFile; INVALID_ARGUMENT if it is
// too large or not a file.
absl::StatusOr<TomlDocument> ReadDocument(const std::string& path);

// What stands in the document itself. Errors: INVALID_ARGUMENT for a syntax error.
absl::StatusOr<TomlTable> ReadTable(const TomlDocument& document);

// Errors: INVALID_ARGUMENT for a syntax error anywhere, a bad override, an `extends` that is not
// text, cannot be read, leads back to itself or is deeper than kMaxExtends.
absl::StatusOr<TomlTable> MergeLayers(const TomlDocument& document,
                                      std::span<const std::string> overrides);

}  // namespace fedround::config
