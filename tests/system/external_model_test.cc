// A model of one's own, as README.md shows it: experiments/gru.toml.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/command.h"
#include "tests/support/run_ledger.h"

namespace fedround::testing {
namespace {

constexpr char kProgram[] = FEDROUND_SOURCE_DIR "/client/python/gru_example.py";

TEST(ExternalModel, OfPyTorchLearnsInAFederation) {
  if (std::system("/usr/bin/python3 -c 'import torch' 2> /dev/null") != 0) {
    GTEST_SKIP() << "this machine lacks PyTorch (Debian: python3-torch)";
  }
  const std::string folder = ::testing::TempDir() + "external_model";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string initial = folder + "/gru.safetensors";
  ASSERT_EQ(std::system(
                absl::StrCat("/usr/bin/python3 ", kProgram, " --write-initial ", initial).c_str()),
            0);
  const CommandResult result = RunCommand(
      {"fedround", "run", FEDROUND_SOURCE_DIR "/experiments/gru.toml", "--out", folder + "/run",
       "--set", "run.rounds=8", "--set", "launch.processes=2", "--set",
       absl::StrCat("model.initial_weights='", initial, "'"), "--set",
       absl::StrCat("launch.client_command=[\"/usr/bin/python3\", \"", kProgram,
                    "\", \"--endpoint\", \"{endpoint}\", \"--clients\", \"{clients}\"]")});
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(RunCommand({"fedround", "verify", folder + "/run"}).exit_code, 0);
  const auto run = ledger::ReadLedger(folder + "/run");
  ASSERT_TRUE(run.ok()) << run.status();
  ASSERT_EQ(run->evaluations.size(), 8U);
  EXPECT_EQ(run->evaluations.back().examples_of, ledger::ExamplesOf::kClients);
  EXPECT_LT(run->evaluations.back().loss, 0.7 * run->evaluations.front().loss);
}

}  // namespace
}  // namespace fedround::testing
