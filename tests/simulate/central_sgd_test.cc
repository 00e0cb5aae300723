// Contracts over the table of algorithms, through whole runs.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "client/local_trainer.h"
#include "common/algorithm/algorithms/table.h"
#include "common/config/specs.h"
#include "common/data/dataset.h"
#include "common/nn/network.h"
#include "common/nn/safetensors.h"
#include "tests/support/entry_name.h"
#include "tests/support/run_experiment.h"

namespace fedround::testing {
namespace {

std::vector<algorithm::AlgorithmEntry> All() {
  return {algorithm::AlgorithmTable().begin(), algorithm::AlgorithmTable().end()};
}

std::vector<algorithm::AlgorithmEntry> ThoseThatCanBeFedAvg() {
  std::vector<algorithm::AlgorithmEntry> entries = All();
  std::erase_if(entries, [](const auto& entry) { return !entry.fedavg_options.has_value(); });
  return entries;
}

class EveryAlgorithm : public ::testing::TestWithParam<algorithm::AlgorithmEntry> {};
class FedAvgAlike : public ::testing::TestWithParam<algorithm::AlgorithmEntry> {
 protected:
  Experiment OneClient() const {
    Experiment experiment = Tiny({"federation.clients=1", "run.rounds=3"});
    experiment.federation.algorithm = {std::string(GetParam().info.name),
                                       *GetParam().fedavg_options};
    return experiment;
  }
};

TEST_P(FedAvgAlike, OneClientIsCentralSgdWithinTheGridsBound) {
  const Experiment experiment = OneClient();
  const std::string folder = ::testing::TempDir() + "/central_" + std::string(GetParam().info.name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  ASSERT_EQ(RunExperiment(experiment, {}, folder).verdict.outcome, RunOutcome::kDone);
  const auto federated = nn::ReadSafetensors(folder + "/model.safetensors");
  ASSERT_TRUE(federated.ok()) << federated.status();

  const auto dataset = OpenDataset(experiment);
  const auto deal = data::DealExamples(
      *dataset,
      {.partition = experiment.data.partition, .clients = 1, .seed = experiment.run.seed});
  const auto network = nn::Network::Create({.inputs = dataset->inputs(),
                                            .classes = dataset->classes(),
                                            .hidden = experiment.model.hidden,
                                            .activation = experiment.model.activation,
                                            .initialiser = experiment.model.initialiser});
  const auto shard = dataset->Read(data::Split::kTrain, deal->shard(0));
  client::LocalTrainer trainer(*network, experiment.run.seed);
  std::vector<float> central(network->parameter_count());
  network->Initialise(experiment.run.seed, central);
  for (std::uint32_t round = 1; round <= 3; ++round) {
    trainer.Train(*shard, 0, {.batch_size = 8, .learning_rate = 0.1}, round, central);
  }
  ASSERT_EQ(federated->parameters.size(), central.size());
  // The file's tensors are sorted by name; the network's are in its own order.
  std::size_t at = 0;
  for (const TensorSpec& spec : network->tensors()) {
    std::size_t in_file = 0;
    for (const TensorSpec& other : federated->specs) {
      if (other.name == spec.name) break;
      in_file += other.elements();
    }
    for (std::size_t i = 0; i < spec.elements(); ++i, ++at) {
      // Each round adds the grid's rounding, and float rounding of old + (new - old).
      ASSERT_NEAR(federated->parameters[in_file + i], central[at],
                  1e-6 * std::max(1.0F, std::abs(central[at])))
          << spec.name << "[" << i << "]";
    }
  }
}

TEST_P(EveryAlgorithm, OrderOfArrivalNeverMatters) {
  const Experiment experiment = Tiny({absl::StrCat("federation.algorithm=", GetParam().info.name)});
  const std::string first = RunExperiment(experiment, {.threads = 1}).model_sha256;
  for (std::uint64_t schedule = 0; schedule < 5; ++schedule) {
    ASSERT_EQ(RunExperiment(experiment, {.threads = 1, .shuffle_arrivals = schedule}).model_sha256,
              first);
  }
}

INSTANTIATE_TEST_SUITE_P(Table, EveryAlgorithm, ::testing::ValuesIn(All()), EntryName());
INSTANTIATE_TEST_SUITE_P(Table, FedAvgAlike, ::testing::ValuesIn(ThoseThatCanBeFedAvg()),
                         EntryName());

}  // namespace
}  // namespace fedround::testing
