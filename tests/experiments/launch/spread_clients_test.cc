#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/config/experiment.h"
#include "experiments/launch/launcher.h"

namespace fedround::launch {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(SpreadClients, GivesEachClientAProcessByDefault) {
  EXPECT_THAT(SpreadClients(3, 0), ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2)));
}

TEST(SpreadClients, DealsEvenlyInConsecutiveRuns) {
  EXPECT_THAT(SpreadClients(7, 3),
              ElementsAre(ElementsAre(0, 1, 2), ElementsAre(3, 4), ElementsAre(5, 6)));
}

TEST(SpreadClients, NeverMakesAnEmptyProcess) { EXPECT_THAT(SpreadClients(2, 5), SizeIs(2)); }

Experiment Federation(const std::string& text) {
  return ParseExperimentToml("[federation]\n" + text, "x.toml", {}).value();
}

TEST(CheckProcesses, RefusesAProcessForEachOfMoreThanAThousandClients) {
  EXPECT_TRUE(CheckProcesses(Federation("clients = 1000")).ok());
  EXPECT_EQ(CheckProcesses(Federation("clients = 1001")).message(),
            "launch.processes = 0: a process for each of 1001 clients would be more than 1000; set "
            "launch.processes to the number to start, or launch.driver = \"in_process\"");
  EXPECT_TRUE(CheckProcesses(Federation("clients = 1001\n[launch]\nprocesses = 1001")).ok());
  EXPECT_TRUE(CheckProcesses(Federation("clients = 1001\n[launch]\ndriver = \"in_process\"")).ok());
}

TEST(CheckProcesses, RefusesAnExternalModelWithoutAProgramForItsClients) {
  const std::string external =
      "clients = 2\n[model]\npreset = \"external\"\ninitial_weights = \"a\"\n[evaluation]\n"
      "federated = true\n";
  EXPECT_EQ(CheckProcesses(Federation(external)).message(),
            "launch.client_command: must name the program of the clients if model.preset = "
            "\"external\", since fedround-client cannot train such a model; or start "
            "fedround-coordinator and the clients by hand");
  EXPECT_TRUE(CheckProcesses(Federation(external + "[launch]\nclient_command = [\"a\", "
                                                   "\"{endpoint}\", \"{clients}\"]\n"))
                  .ok());
}

}  // namespace
}  // namespace fedround::launch
