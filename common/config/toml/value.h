// A TOML document as plain values, each with the place where it was written.
//
// Our own tree rather than toml++'s: documents are merged over one another, and a value must
// remember its file through that. Tables keep the order in which they were read and are small:
// look-up is a scan.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/config/problems.h"

namespace fedround::config {

struct TomlEntry;
struct TomlValue;
using TomlList = std::vector<TomlValue>;
using TomlTable = std::vector<TomlEntry>;

struct TomlValue {
  std::variant<bool, std::int64_t, double, std::string, TomlList, TomlTable> value;
  Origin origin;

  template <typename T>
  const T* As() const {
    return std::get_if<T>(&value);
  }
  template <typename T>
  T* As() {
    return std::get_if<T>(&value);
  }
};

struct TomlEntry {
  std::string key;
  Origin key_origin;
  TomlValue value;
};

// nullptr if there is no such key.
const TomlEntry* FindEntry(const TomlTable& table, absl::string_view key);
TomlEntry* FindEntry(TomlTable& table, absl::string_view key);

// The value as an error message shows it: a scalar as in TOML, long texts cut, "[...]", "{...}".
std::string Shown(const TomlValue& value);

}  // namespace fedround::config
