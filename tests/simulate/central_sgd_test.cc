// Contracts over the table of algorithms, through whole runs.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <numeric>

#include "client/local_trainer.h"
#include "common/algorithm/algorithm.h"
#include "common/config/specs.h"
#include "common/data/dataset.h"
#include "common/nn/network.h"
#include "common/nn/safetensors.h"
#include "tests/support/run_experiment.h"

namespace fedround::testing {
namespace {

class EveryAlgorithm : public ::testing::TestWithParam<std::string> {
 protected:
  // One that behaves like plain SGD when there is one client: no proximal pull, no server momentum.
  Experiment OneClient() const {
    std::vector<std::string> overrides{"federation.clients=1", "run.rounds=3",
                                       "federation.algorithm=" + GetParam()};
    if (GetParam() == "fedprox") overrides.push_back("federation.algorithm.mu=0");
    if (GetParam() == "fedavgm") overrides.push_back("federation.algorithm.momentum=0");
    return Tiny(overrides);
  }
};

TEST_P(EveryAlgorithm, OneClientIsCentralSgdWithinTheGridsBound) {
  const Experiment experiment = OneClient();
  const std::string folder = ::testing::TempDir() + "/central_" + GetParam();
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  ASSERT_EQ(RunExperiment(experiment, {}, folder).verdict.outcome, "done");
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
                                            .init = experiment.model.init});
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
  const Experiment experiment = Tiny({"federation.algorithm=" + GetParam()});
  const std::string first = RunExperiment(experiment, {.threads = 1}).model_sha256;
  for (std::uint64_t schedule = 0; schedule < 5; ++schedule) {
    ASSERT_EQ(RunExperiment(experiment, {.threads = 1, .shuffle_arrivals = schedule}).model_sha256,
              first);
  }
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const PlugInInfo& info : algorithm::Algorithms()) names.emplace_back(info.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Table, EveryAlgorithm, ::testing::ValuesIn(Names()),
                         [](const auto& name) { return name.param; });

}  // namespace
}  // namespace fedround::testing
