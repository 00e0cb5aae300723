#include "experiments/cli/commands/central_training.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fedround::cli {
namespace {

Experiment Federated(const std::vector<std::string>& overrides) {
  return ParseExperimentToml("", "x.toml", overrides).value();
}

TEST(CentralTraining, GivesAllExamplesToOneClient) {
  const Experiment central =
      CentralTraining(Federated({"federation.clients=20", "federation.cohort=5",
                                 "federation.min_updates=3", "federation.dropout=0.5",
                                 "data.examples_per_client=30", "data.partition=dirichlet"}))
          .value();
  EXPECT_EQ(central.federation.clients, 1U);
  EXPECT_EQ(central.federation.dropout, 0);
  EXPECT_EQ(central.data.examples_per_client, 600U);
  EXPECT_EQ(central.data.partition.name, "iid");
  EXPECT_EQ(central.launch.driver, Driver::kInProcess);
  // What was resolved once is so still.
  EXPECT_TRUE(ParseExperimentToml(ExperimentToToml(central, false), "y.toml", {}).ok());
}

TEST(CentralTraining, MakesAsManyPassesAsTheClients) {
  const Experiment central =
      CentralTraining(Federated({"run.rounds=7", "training.epochs=3"})).value();
  EXPECT_EQ(central.run.rounds, 21U);
  EXPECT_EQ(central.training.epochs, 1U);
}

TEST(CentralTraining, OfCentralTrainingIsTheSame) {
  const Experiment once = CentralTraining(Federated({"data.examples_per_client=9"})).value();
  EXPECT_EQ(SerializeExperiment(CentralTraining(once).value()), SerializeExperiment(once));
}

TEST(CentralTraining, RefusesAModelThatOnlyItsClientsKnow) {
  EXPECT_EQ(CentralTraining(Federated({"model.preset=external", "model.initial_weights=a",
                                       "evaluation.federated=true"}))
                .status()
                .message(),
            "model.preset = \"external\": only clients of its own can train such a model, with "
            "`fedround run`");
}

TEST(CentralTraining, StartsNoClients) {
  EXPECT_TRUE(CentralTraining(Federated({"launch.client_command=[\"a\", \"{endpoint}{clients}\"]"}))
                  .value()
                  .launch.client_command.empty());
}

TEST(CentralTraining, RefusesMoreEpochsThanThereCanBeRounds) {
  EXPECT_EQ(CentralTraining(Federated({"run.rounds=1000000", "training.epochs=100000"}))
                .status()
                .message(),
            "run.rounds = 1000000 times training.epochs = 100000 is 100000000000: must be <= "
            "1000000");
}

}  // namespace
}  // namespace fedround::cli
