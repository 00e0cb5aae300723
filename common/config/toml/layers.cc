#include "common/config/toml/layers.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/io/file.h"
#include "common/base/status_macros.h"
#include "common/config/schema/renamed_keys.h"
#include "common/config/schema/rules.h"
#include "common/config/toml/overrides.h"
#include "common/config/toml/reader.h"
#include "fedround/v1/experiment.pb.h"

namespace fedround::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

void MergeTable(const Descriptor* schema, TomlTable over, TomlTable& base);

void MergePlugIn(TomlValue over, TomlValue& base) {
  TomlTable* options = over.As<TomlTable>();
  if (options == nullptr || FindEntry(*options, kPlugInName) != nullptr) {
    base = std::move(over);
    return;
  }
  if (base.As<TomlTable>() == nullptr) {
    const Origin origin = base.origin;
    TomlValue name = std::exchange(base, TomlValue{TomlTable{}, over.origin});
    base.As<TomlTable>()->push_back({std::string(kPlugInName), origin, std::move(name)});
  }
  MergeTable(nullptr, std::move(*options), *base.As<TomlTable>());
}

// The position of each key of `table`: scanning it for each key of another table would be
// quadratic.
std::unordered_map<std::string, std::size_t> PlacesIn(const TomlTable& table) {
  std::unordered_map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < table.size(); ++i) places.emplace(table[i].key, i);
  return places;
}

// `schema` describes the table, or is null if the schema has no such table.
void MergeTable(const Descriptor* schema, TomlTable over, TomlTable& base) {
  const std::unordered_map<std::string, std::size_t> places = PlacesIn(base);
  for (TomlEntry& entry : over) {
    const auto place = places.find(entry.key);
    if (place == places.end()) {
      base.push_back(std::move(entry));
      continue;
    }
    TomlEntry* below = &base[place->second];
    const FieldDescriptor* field = schema == nullptr ? nullptr : schema->FindFieldByName(entry.key);
    below->key_origin = entry.key_origin;
    TomlTable* over_table = entry.value.As<TomlTable>();
    TomlTable* below_table = below->value.As<TomlTable>();
    if (field != nullptr && IsPlugIn(*field)) {
      MergePlugIn(std::move(entry.value), below->value);
    } else if (over_table != nullptr && below_table != nullptr) {
      MergeTable(field == nullptr ? nullptr : field->message_type(), std::move(*over_table),
                 *below_table);
    } else {
      below->value = std::move(entry.value);
    }
  }
}

void MergeDocument(TomlTable over, TomlTable& base) {
  MergeTable(v1::Experiment::descriptor(), std::move(over), base);
}

absl::StatusOr<TomlTable> Defaults() {
  std::string text;
  const Descriptor* experiment = v1::Experiment::descriptor();
  for (int i = 0; i < experiment->field_count(); ++i) {
    const FieldDescriptor* section = experiment->field(i);
    absl::StrAppend(&text, "[", section->name(), "]\n");
    for (int j = 0; j < section->message_type()->field_count(); ++j) {
      const FieldDescriptor* field = section->message_type()->field(j);
      absl::StrAppend(&text, field->name(), " = ", RuleOf(*field).default_(), "\n");
    }
  }
  return ReadToml(text, "");
}

// Whether a run wrote this file: then a manifest is beside it.
bool IsOfARun(const std::filesystem::path& path) {
  return path.filename() == "config.toml" && FileExists(path.parent_path() / "manifest.json");
}

void RenameOldKeys(TomlTable& document) {
  for (const RenamedKey& renamed : RenamedKeys()) {
    TomlEntry* const section = FindEntry(document, renamed.section);
    TomlTable* const keys = section == nullptr ? nullptr : section->value.As<TomlTable>();
    if (keys == nullptr || FindEntry(*keys, renamed.new_name) != nullptr) continue;
    TomlEntry* const old = FindEntry(*keys, renamed.old_name);
    if (old != nullptr) old->key = std::string(renamed.new_name);
  }
}

// Follows `extends` from a document down, then merges upwards.
class Chain {
 public:
  absl::Status Merge(const TomlDocument& document, TomlTable& merged) {
    ASSIGN_OR_RETURN(TomlTable table, ReadTable(document));
    if (const TomlEntry* extends = FindEntry(table, kExtends)) {
      ASSIGN_OR_RETURN(const TomlDocument base, ReadBase(document, extends->value));
      RETURN_IF_ERROR(Merge(base, merged));
      std::erase_if(table, [](const TomlEntry& entry) { return entry.key == kExtends; });
    }
    MergeDocument(std::move(table), merged);
    return absl::OkStatus();
  }

  // Remembers the path, so that a document that leads back to it is found.
  void Enter(const std::string& path) { entered_.push_back(Canonical(path)); }

 private:
  static std::filesystem::path Canonical(const std::string& path) {
    std::error_code error;
    std::filesystem::path canonical = std::filesystem::weakly_canonical(path, error);
    return error ? std::filesystem::path(path) : canonical;
  }

  absl::StatusOr<TomlDocument> ReadBase(const TomlDocument& document, const TomlValue& extends) {
    const auto refused = [&](absl::string_view what) {
      return absl::InvalidArgumentError(Worded(extends.origin, kExtends, Shown(extends), what));
    };
    const std::string* name = extends.As<std::string>();
    if (name == nullptr) return refused("must be a path in quotes");
    const std::string path = (std::filesystem::path(document.folder) / *name).string();
    if (std::find(entered_.begin(), entered_.end(), Canonical(path)) != entered_.end()) {
      return refused("this file is already part of the chain: files must not extend themselves");
    }
    if (entered_.size() > kMaxExtends) {
      return refused(absl::StrCat("a chain of files may be ", kMaxExtends, " deep"));
    }
    Enter(path);
    absl::StatusOr<TomlDocument> base = ReadDocument(path);
    if (!base.ok()) return refused(base.status().message());
    return base;
  }

  std::vector<std::filesystem::path> entered_;
};

}  // namespace

absl::StatusOr<TomlDocument> ReadDocument(const std::string& path) {
  const std::optional<int> stream = DescriptorNamed(path);
  absl::StatusOr<std::string> text =
      stream.has_value() ? ReadStream(*stream, path, kMaxFileBytes) : ReadFile(path, kMaxFileBytes);
  if (absl::IsResourceExhausted(text.status())) {
    return absl::InvalidArgumentError(text.status().message());
  }
  if (!text.ok()) return text.status();
  const std::string folder =
      stream.has_value() ? "" : std::filesystem::path(path).parent_path().string();
  return TomlDocument{*std::move(text), path, folder, !stream.has_value() && IsOfARun(path)};
}

absl::StatusOr<TomlTable> ReadTable(const TomlDocument& document) {
  ASSIGN_OR_RETURN(TomlTable table, ReadToml(document.text, document.name));
  if (document.of_a_run) RenameOldKeys(table);
  return table;
}

absl::StatusOr<TomlTable> MergeLayers(const TomlDocument& document,
                                      std::span<const std::string> overrides) {
  ASSIGN_OR_RETURN(TomlTable merged, Defaults());
  Chain chain;
  chain.Enter(document.name);
  RETURN_IF_ERROR(chain.Merge(document, merged));
  for (const std::string& text : overrides) {
    ASSIGN_OR_RETURN(TomlTable override_table, ReadOverride(text));
    MergeDocument(std::move(override_table), merged);
  }
  return merged;
}

}  // namespace fedround::config
