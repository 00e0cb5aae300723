#include "common/config/load.h"

#include "common/base/status_macros.h"
#include "common/config/checks/external_model.h"
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
  ASSIGN_OR_RETURN(Experiment experiment, Resolve(std::move(message), tables, problems));
  if (experiment.model.preset != nn::Preset::kExternal) return experiment;
  ASSIGN_OR_RETURN(const Experiment usual, Load({"", "", ""}, {}, tables));
  CheckExternalModel(experiment, usual, problems);
  if (!problems.empty()) return problems.ToStatus();
  return experiment;
}

}  // namespace fedround::config
