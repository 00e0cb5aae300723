#include "common/config/experiment.h"

#include "common/base/status_macros.h"
#include "common/config/load.h"
#include "common/config/problems.h"
#include "common/config/schema/tables.h"
#include "common/config/serialized.h"
#include "common/config/toml/layers.h"
#include "common/config/toml/to_message.h"
#include "fedround/v1/experiment.pb.h"

namespace fedround {

absl::StatusOr<Experiment> LoadExperiment(const std::string& path,
                                          std::span<const std::string> overrides) {
  ASSIGN_OR_RETURN(const config::TomlDocument document, config::ReadDocument(path));
  return config::Load(document, overrides, config::PlugInTable);
}

absl::StatusOr<Experiment> ParseExperimentToml(absl::string_view text, absl::string_view name,
                                               std::span<const std::string> overrides) {
  const config::TomlDocument document{std::string(text), std::string(name), ""};
  return config::Load(document, overrides, config::PlugInTable);
}

absl::StatusOr<std::string> SerializeAsWritten(const std::string& path) {
  ASSIGN_OR_RETURN(const config::TomlDocument document, config::ReadDocument(path));
  ASSIGN_OR_RETURN(const config::TomlTable table, config::ReadTable(document));
  v1::Experiment message;
  config::Problems problems;
  config::SetFromToml(table, message, problems);
  if (!problems.empty()) return problems.ToStatus();
  return config::SerializeMessage(message);
}

}  // namespace fedround
