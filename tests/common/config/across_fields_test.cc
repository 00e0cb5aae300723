#include "common/config/checks/across_fields.h"

#include <gtest/gtest.h>

#include "tests/common/config/fake_tables.h"

namespace fedround::config {
namespace {

TEST(AcrossFields, CohortIsPartOfTheClients) {
  EXPECT_EQ(ErrorOf("[federation]\nclients = 10\ncohort = 11\n"),
            "x.toml:3:10: federation.cohort = 11: must be <= federation.clients = 10");
}

TEST(AcrossFields, CohortMayBeAllClients) {
  EXPECT_TRUE(LoadText("[federation]\nclients = 10\ncohort = 10\n").ok());
}

TEST(AcrossFields, MinUpdatesFitTheCohort) {
  EXPECT_EQ(ErrorOf("[federation]\ncohort = 4\nmin_updates = 5\n"),
            "x.toml:3:15: federation.min_updates = 5: must be <= federation.cohort = 4");
}

TEST(AcrossFields, MinUpdatesFitTheClientsWithoutACohort) {
  EXPECT_EQ(ErrorOf("[federation]\nclients = 4\nmin_updates = 5\n"),
            "x.toml:3:15: federation.min_updates = 5: must be <= federation.clients = 4");
}

TEST(AcrossFields, ProcessesAreAtMostTheClients) {
  EXPECT_EQ(ErrorOf("", {"launch.processes=11"}),
            "--set launch.processes=11: must be <= federation.clients = 10");
}

TEST(AcrossFields, ChunksHoldWholeParameters) {
  EXPECT_EQ(ErrorOf("[limits]\nchunk_bytes = 4097\n"),
            "x.toml:2:15: limits.chunk_bytes = 4097: must be a multiple of 4: a parameter is never "
            "cut in two");
}

TEST(AcrossFields, TheHashOfAnInitialModelNeedsItsFile) {
  EXPECT_EQ(ErrorOf("[model]\ninitial_weights_sha256 = \"ab\"\n"),
            "x.toml:2:26: model.initial_weights_sha256 = \"ab\": must be empty unless "
            "model.initial_weights names a file");
}

TEST(AcrossFields, AClientCommandTakesEndpointAndClients) {
  const std::string key = "launch.client_command=";
  EXPECT_TRUE(LoadText("", {key + "[\"a\", \"--run={endpoint}\", \"{clients}\"]"}).ok());
  EXPECT_EQ(ErrorOf("", {key + "[\"a\", \"{clients}\"]"}),
            "--set launch.client_command=[\"a\", \"{clients}\"]: must have {endpoint} among its "
            "arguments, in place of the file that says where the coordinator is");
  EXPECT_EQ(ErrorOf("", {key + "[\"a\", \"{endpoint}\"]"}),
            "--set launch.client_command=[\"a\", \"{endpoint}\"]: must have {clients} among its "
            "arguments, in place of the ids of the clients");
  EXPECT_EQ(ErrorOf("[launch]\nclient_command = [\"\", \"{endpoint}{clients}\"]\n"),
            "x.toml:2:19: launch.client_command[0]: must name a program");
}

TEST(AcrossFields, NoClientIsStartedInThisProcess) {
  EXPECT_EQ(ErrorOf("[launch]\ndriver = \"in_process\"\nclient_command = [\"a\", "
                    "\"{endpoint}{clients}\"]\n"),
            "x.toml:3:1: launch.client_command: must be empty if launch.driver = \"in_process\"");
}

TEST(AcrossFields, HealthNeedsALedger) {
  EXPECT_EQ(ErrorOf("[ledger]\nenabled = false\nhealth = true\n"),
            "x.toml:3:10: ledger.health = true: must be false if ledger.enabled = false");
}

TEST(AcrossFields, FoldBelowTheLimitIsTaken) {
  EXPECT_TRUE(
      LoadText("[fold]\nscale_bits = 32\nmax_abs = 16\nmax_total_weight = 134217727\n").ok());
}

TEST(AcrossFields, FoldAtTheLimitIsRefusedWithTheSum) {
  EXPECT_EQ(ErrorOf("[fold]\nscale_bits = 32\nmax_abs = 16\nmax_total_weight = 134217728\n"),
            "x.toml:1:2: fold: a sum may reach 2^scale_bits * max_abs * max_total_weight = "
            "2^(32 + 4 + 27) = 2^63: must be < 2^63; lower one of the three");
}

TEST(AcrossFields, FoldProblemNamesTheOverrideBehindIt) {
  EXPECT_EQ(ErrorOf("[fold]\nmax_abs = 16\n", {"fold.scale_bits=40"}),
            "--set fold.scale_bits=40: fold: a sum may reach 2^scale_bits * max_abs * "
            "max_total_weight = 2^(40 + 4 + 26) = 2^70: must be < 2^63; lower one of the three");
}

TEST(AcrossFields, WaitForEachFieldToBeRight) {
  EXPECT_EQ(ErrorOf("[federation]\nclients = 200000000\ncohort = 5\nmin_updates = 9\n"),
            "x.toml:2:11: federation.clients = 200000000: must be <= 100000000");
}

TEST(AcrossFields, OnlyAnMlpHasTheseHiddenLayers) {
  for (const char* preset : {"linear", "cnn"}) {
    const auto experiment = LoadText(std::string("[model]\npreset = \"") + preset + "\"\n");
    ASSERT_TRUE(experiment.ok()) << experiment.status();
    EXPECT_TRUE(experiment->model.hidden.empty()) << preset;
  }
}

}  // namespace
}  // namespace fedround::config
