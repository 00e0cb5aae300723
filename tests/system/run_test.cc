// Whole runs with real processes and real sockets, as a user starts them.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "common/ledger/run_folder.h"
#include "tests/support/tiny_runs.h"

namespace fedround::testing {
namespace {

class System : public TinyRuns {};

TEST_F(System, RunsToItsEndAndLeavesACompleteFolder) {
  const CommandResult result = RunTiny({});
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  for (const char* name : {"config.toml", "manifest.json", "ledger.sqlite", "rounds.csv",
                           "clients.csv", "model.safetensors", "status.json", "logs"}) {
    EXPECT_TRUE(std::filesystem::exists(Out() + "/" + name)) << name;
  }
  const std::string rounds = Read(Out() + "/rounds.csv");
  EXPECT_EQ(rounds.rfind("round,accuracy,loss,wall_s,modelled_s", 0), 0U) << rounds;
  const auto status = ledger::ReadRunStatus(Out());
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->model_sha256, ModelSha());
}

// ---- same bits ----

TEST_F(System, SameModelForAnyNumberOfProcessesAndInProcess) {
  const std::string in_process = RunExperiment(Tiny()).model_sha256;
  for (const std::string processes : {"1", "2", "8"}) {
    const CommandResult result = RunTiny({"launch.processes=" + processes}, "p" + processes);
    ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
    EXPECT_EQ(ModelSha("p" + processes), in_process) << processes << " processes";
  }
}

TEST_F(System, NoisyLabelsReachClientProcesses) {
  const std::string in_process = RunExperiment(Tiny({"data.label_noise=0.4"})).model_sha256;
  EXPECT_NE(in_process, RunExperiment(Tiny()).model_sha256);
  const CommandResult result = RunTiny({"data.label_noise=0.4", "launch.processes=2"});
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(ModelSha(), in_process);
}

TEST_F(System, ReplayFoldsTheSameSets) {
  ASSERT_EQ(RunTiny({"federation.dropout=0.4"}, "first").exit_code, 0);
  const CommandResult replay =
      RunTiny({"launch.driver=in_process"}, "second", {"--replay", Out("first")});
  ASSERT_EQ(replay.exit_code, 0) << replay.out << replay.err;
  EXPECT_EQ(ModelSha("first"), ModelSha("second"));
}

TEST_F(System, TheResolvedConfigurationRepeatsTheRun) {
  ASSERT_EQ(RunTiny({"run.seed=5"}, "first").exit_code, 0);
  const CommandResult again =
      RunCommand({"fedround", "run", Out("first") + "/config.toml", "--out", Out("second")});
  ASSERT_EQ(again.exit_code, 0) << again.out << again.err;
  EXPECT_EQ(ModelSha("first"), ModelSha("second"));
}

TEST_F(System, ATransferIsRepeatedFromTheSameWeightsOrNotAtAll) {
  ASSERT_EQ(RunTiny({"run.seed=11", "launch.driver=in_process"}, "source").exit_code, 0);
  const std::string source = Out("source") + "/model.safetensors";
  const CommandResult first = RunTiny({"model.initial_weights='" + source + "'",
                                       "model.freeze=[\"hidden1\"]", "launch.processes=2"},
                                      "first");
  ASSERT_EQ(first.exit_code, 0) << first.out << first.err;
  EXPECT_NE(first.out.find("starts from " + source + " (SHA-256 " + ModelSha("source") +
                           "): hidden1, output\n"),
            std::string::npos)
      << first.out;
  EXPECT_EQ(ledger::ReadManifest(Out("first"))->initial_sha256, ModelSha("source"));
  const auto repeat = [this](const std::string& name) {
    return RunCommand({"fedround", "run", Out("first") + "/config.toml", "--out", Out(name)});
  };
  ASSERT_EQ(repeat("second").exit_code, 0);
  EXPECT_EQ(ModelSha("second"), ModelSha("first"));
  std::filesystem::copy_file(Out("first") + "/model.safetensors", source,
                             std::filesystem::copy_options::overwrite_existing);
  const CommandResult other = repeat("third");
  EXPECT_EQ(other.exit_code, 2) << other.out;
  EXPECT_NE(other.err.find("must be model.initial_weights_sha256 = "), std::string::npos)
      << other.err;
}

TEST_F(System, TrainsCentrally) {
  const CommandResult result =
      RunCommand({"fedround", "train", config, "--out", Out(), "--set", "training.epochs=2"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("epoch 8/8  accuracy "), std::string::npos) << result.out;
  EXPECT_EQ(result.out.find(" round "), std::string::npos) << result.out;
  const CommandResult again =
      RunCommand({"fedround", "train", Out() + "/config.toml", "--out", Out("again")});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(ModelSha("again"), ModelSha());
}

// ---- clients that die, stop or never come ----

TEST_F(System, AKilledClientIsNamedAndTheRunGoesOn) {
  Command run(Arguments(Slow(), "run", {"--format", "json"}));
  ASSERT_TRUE(run.WaitForOutput(kAllJoined)) << run.Finish().err;
  SignalClient(run.pid(), "3", SIGKILL);
  const CommandResult result = run.Finish();
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_NE(result.out.find("\"what\":\"left\""), std::string::npos) << result.out;
}

TEST_F(System, AStoppedClientIsLateAndTheDeadlineClosesTheRound) {
  Command run(Arguments(Slow({"federation.deadline_s=3"}), "run", {"--format", "json"}));
  ASSERT_TRUE(run.WaitForOutput(kAllJoined)) << run.Finish().err;
  SignalClient(run.pid(), "5", SIGSTOP);
  const CommandResult result = run.Finish();
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_NE(result.out.find("\"what\":\"late\""), std::string::npos) << result.out;
}

TEST_F(System, WithoutAnyClientLeftTheRunFailsWithFour) {
  Command run(Arguments(Slow({"launch.processes=1"}), "run", {"--format", "json"}));
  ASSERT_TRUE(run.WaitForOutput(kAllJoined)) << run.Finish().err;
  SignalClient(run.pid(), "0-7", SIGKILL);
  const CommandResult result = run.Finish();
  EXPECT_EQ(result.exit_code, 4) << result.out << result.err;
}

TEST_F(System, AnInterruptStopsCleanly) {
  Command run(Arguments(Slow({"run.rounds=1000"}), "run", {"--format", "json"}));
  ASSERT_TRUE(run.WaitForOutput(kAllJoined)) << run.Finish().err;
  run.Signal(SIGINT);
  const CommandResult result = run.Finish(std::chrono::seconds(20));
  EXPECT_EQ(result.exit_code, 130) << result.out << result.err;
  const auto status = ledger::ReadRunStatus(Out());
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->outcome, RunOutcome::kStopped);
}

// ---- bad input ----

TEST_F(System, AnUnknownKeyIsAUsageError) {
  std::ofstream(config, std::ios::app) << "cleints = 3\n";
  const CommandResult result = RunTiny({});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_NE(result.err.find("clients"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("tiny.toml:"), std::string::npos) << result.err;
  EXPECT_FALSE(std::filesystem::exists(Out()));
}

TEST_F(System, MissingDataIsADataError) {
  const CommandResult result = RunTiny({R"(data.name={name = "npz", path = "/no/such/file.npz"})"});
  EXPECT_EQ(result.exit_code, 3) << result.out << result.err;
  EXPECT_NE(result.err.find("/no/such/file.npz"), std::string::npos) << result.err;
}

TEST_F(System, AnEmptyShardIsNamed) {
  const CommandResult result = RunTiny({"federation.clients=500"});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_NE(result.err.find("240"), std::string::npos) << result.err;
}

TEST_F(System, AFolderThatHoldsARunIsNotOverwritten) {
  ASSERT_EQ(RunTiny({"run.rounds=1"}).exit_code, 0);
  const std::string before = ModelSha();
  const CommandResult second = RunTiny({"run.rounds=1", "run.seed=99"});
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_EQ(ModelSha(), before);
}

TEST_F(System, APortInUseIsNamed) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  socklen_t size = sizeof(address);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  const std::string taken = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  const CommandResult result = RunCommand(
      {"fedround-coordinator", "--experiment", config, "--out", Out(), "--listen", taken});
  close(listener);
  EXPECT_EQ(result.exit_code, 7) << result.out << result.err;
  EXPECT_NE(result.out.find(taken), std::string::npos) << result.out;
  const auto status = ledger::ReadRunStatus(Out());
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->outcome, RunOutcome::kFailed);
  EXPECT_NE(status->message.find(taken), std::string::npos) << status->message;
}

TEST_F(System, AClientOfAMissingCoordinatorSaysSo) {
  const CommandResult result =
      RunCommand({"fedround-client", "--endpoint", folder + "/none/endpoint.json", "--clients", "0",
                  "--join-timeout", "0.2"});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_NE(result.err.find("endpoint.json"), std::string::npos) << result.err;
}

// ---- the command line ----

TEST_F(System, ProgramsSayTheirVersionAndHelp) {
  for (const std::string program : {"fedround", "fedround-coordinator", "fedround-client"}) {
    const CommandResult version = RunCommand({program, "--version"});
    EXPECT_EQ(version.exit_code, 0);
    EXPECT_EQ(version.out.rfind(program + " " FEDROUND_VERSION, 0), 0U) << version.out;
    const CommandResult help = RunCommand({program, "--help"});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_NE(help.out.find("--"), std::string::npos);
  }
}

TEST_F(System, ListNamesEveryTable) {
  const CommandResult result = RunCommand({"fedround", "list"});
  EXPECT_EQ(result.exit_code, 0);
  for (const char* name : {"relu", "gelu", "he", "xavier", "fashion-mnist", "npz", "iid",
                           "dirichlet", "fedavg", "fedprox", "fedavgm"}) {
    EXPECT_NE(result.out.find(name), std::string::npos) << name;
  }
}

TEST_F(System, PlainOutputHasNoEscapesAndEndsWithinFifteenLines) {
  const CommandResult result = RunTiny({"run.rounds=3"});
  EXPECT_EQ(result.out.find('\x1b'), std::string::npos);
  const std::size_t last_round = result.out.rfind("round ");
  ASSERT_NE(last_round, std::string::npos) << result.out;
  EXPECT_LE(std::count(result.out.begin() + static_cast<std::ptrdiff_t>(last_round),
                       result.out.end(), '\n'),
            16)
      << result.out;
}

}  // namespace
}  // namespace fedround::testing
