#include "common/config/schema/renamed_keys.h"

namespace fedround::config {
namespace {

constexpr RenamedKey kRenamedKeys[] = {
    {"model", "init", "initialiser"},
    {"model", "initial", "initial_weights"},
    {"model", "initial_sha256", "initial_weights_sha256"},
};

}  // namespace

std::span<const RenamedKey> RenamedKeys() { return kRenamedKeys; }

absl::string_view NewNameOf(absl::string_view section, absl::string_view name) {
  for (const RenamedKey& key : kRenamedKeys) {
    if (key.section == section && key.old_name == name) return key.new_name;
  }
  return "";
}

}  // namespace fedround::config
