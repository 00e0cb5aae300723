#include "common/config/load.h"

#include "common/base/status_macros.h"
#include "common/config/problems.h"
#include "common/config/resolve.h"
#include "common/config/toml/to_message.h"
#include "fedround/v1/experiment.pb.h"

namespace fedround::config {

absl::StatusOr<Experiment> Load(const TomlDocument& document,
                                std::span<const std::string> overrides, TableLookup tables) {
  ASSIGN_OR_RETURN(const TomlTable table, MergeLayers(document, overrides));
  v1::Experiment message;
  Problems problems;
  SetFromToml(table, message, problems);
  return Resolve(std::move(message), tables, problems);
}

}  // namespace fedround::config
