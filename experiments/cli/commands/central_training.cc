#include "experiments/cli/commands/central_training.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"

namespace fedround::cli {
namespace {

// The largest values of run.rounds, data.examples_per_client and federation.deadline_s.
constexpr std::uint32_t kMostRounds = 1'000'000;
constexpr std::uint32_t kMostExamples = 1'000'000'000;
constexpr double kLongestDeadline = 1e6;

absl::StatusOr<std::uint32_t> Product(std::uint32_t a, absl::string_view a_key, std::uint32_t b,
                                      absl::string_view b_key, std::uint32_t most) {
  const std::uint64_t product = std::uint64_t{a} * b;
  if (product <= most) return static_cast<std::uint32_t>(product);
  return absl::InvalidArgumentError(absl::StrCat(a_key, " = ", a, " times ", b_key, " = ", b,
                                                 " is ", product, ": must be <= ", most));
}

}  // namespace

absl::StatusOr<Experiment> CentralTraining(Experiment experiment) {
  if (experiment.model.preset == nn::Preset::kExternal) {
    return absl::InvalidArgumentError(
        "model.preset = \"external\": only clients of its own can train such a model, with "
        "`fedround "
        "run`");
  }
  Experiment::Federation& federation = experiment.federation;
  ASSIGN_OR_RETURN(experiment.run.rounds,
                   Product(experiment.run.rounds, "run.rounds", experiment.training.epochs,
                           "training.epochs", kMostRounds));
  experiment.training.epochs = 1;
  ASSIGN_OR_RETURN(experiment.data.examples_per_client,
                   Product(experiment.data.examples_per_client, "data.examples_per_client",
                           federation.clients, "federation.clients", kMostExamples));
  experiment.data.partition = {"iid", {}};
  experiment.data.clients = NaturalClients::kAll;
  federation.clients = 1;
  federation.cohort = 0;
  federation.algorithm = {"fedavg", {}};
  federation.weighting = Weighting::kUniform;
  federation.deadline_s = kLongestDeadline;
  federation.min_updates = 1;
  federation.dropout = 0;
  experiment.evaluation.federated = false;
  experiment.launch.driver = Driver::kInProcess;
  experiment.launch.processes = 0;
  experiment.launch.client_command.clear();
  return experiment;
}

}  // namespace fedround::cli
