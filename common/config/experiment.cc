#include "common/config/experiment.h"

#include "common/base/status_macros.h"
#include "common/config/load.h"
#include "common/config/schema/tables.h"

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

}  // namespace fedround
