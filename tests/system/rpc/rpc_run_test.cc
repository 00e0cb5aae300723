// Whole runs over real sockets: with C++ hosts, with a Python client, and their byte counts.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "client/client_host.h"
#include "common/ledger/run_folder.h"
#include "tests/support/paths.h"
#include "tests/system/rpc_federation.h"

namespace fedround::testing {
namespace {

// Parameters of the tiny experiment's output layer.
constexpr std::size_t kTinyHead = 3 * 16 + 3;

// A host process, as a thread.
std::thread StartHost(const RpcFederation& federation, std::vector<ClientId> clients, int threads) {
  return std::thread([link = federation.link(), clients = std::move(clients), threads] {
    client::GrpcCoordinatorLink grpc(link);
    const auto left = client::RunClientHost(grpc, {.clients = clients, .threads = threads});
    EXPECT_TRUE(left.ok()) << left.status();
  });
}

TEST(GrpcRun, GivesTheBitsOfTheInProcessDriver) {
  const std::vector<std::string> overrides = {"evaluation.federated=true"};
  RpcFederation federation(overrides);
  std::thread several = StartHost(federation, {0, 1, 2, 5, 6}, 3);
  std::thread few = StartHost(federation, {3, 4, 7}, 1);
  EXPECT_EQ(federation.Wait().outcome, RunOutcome::kDone);
  several.join();
  few.join();
  EXPECT_EQ(federation.coordinator().model_sha256(), RunExperiment(Tiny(overrides)).model_sha256);
}

TEST(GrpcRun, GivesTheSameBitsWhenUploadsGoOneByOneInSmallChunks) {
  RpcFederation federation(
      {"limits.upload_buffer_bytes=0", "limits.chunk_bytes=4096", "model.hidden=[64, 64]"});
  std::thread host = StartHost(federation, {0, 1, 2, 3, 4, 5, 6, 7}, 8);
  EXPECT_EQ(federation.Wait().outcome, RunOutcome::kDone);
  host.join();
  EXPECT_EQ(federation.coordinator().model_sha256(),
            RunExperiment(Tiny({"model.hidden=[64, 64]"})).model_sha256);
}

// Starting from another run's model with its hidden layer frozen: the file is the coordinator's
// affair, and nothing of that layer travels up.
TEST(GrpcRun, TransferGivesTheBitsOfTheInProcessDriverWithoutTheFileAtClients) {
  const std::string folder = ::testing::TempDir() + "/transfer";
  std::filesystem::create_directories(folder);
  ASSERT_EQ(RunExperiment(Tiny({"run.seed=11"}), {}, folder).verdict.outcome, RunOutcome::kDone);
  const std::vector<std::string> overrides = {
      "model.initial_weights='" + folder + "/model.safetensors'", "model.freeze=[\"hidden1\"]",
      "evaluation.federated=true"};
  const std::string in_process = RunExperiment(Tiny(overrides)).model_sha256;
  RpcFederation federation(overrides);
  std::filesystem::remove_all(folder);
  std::thread several = StartHost(federation, {0, 1, 2, 5, 6}, 3);
  std::thread few = StartHost(federation, {3, 4, 7}, 1);
  EXPECT_EQ(federation.Wait().outcome, RunOutcome::kDone);
  several.join();
  few.join();
  EXPECT_EQ(federation.coordinator().model_sha256(), in_process);
  for (const auto& round : federation.EventsOf<ledger::event::Round>()) {
    EXPECT_EQ(round.payload_bytes_up, 8 * kTinyHead * sizeof(float));
  }
}

TEST(GrpcRun, BooksTheBytesThatItsClientsMoved) {
  RpcFederation federation({"federation.clients=1", "run.rounds=1", "limits.chunk_bytes=4096",
                            "model.hidden=[100, 100]"});
  ManualClient client(federation, 0);
  const Instruction instruction = client.Next();
  std::vector<float> model(client.payload().size());
  const client::TransferCost down = client.link().FetchModel(instruction, model).value();
  const client::TransferCost up =
      client.link().Submit(client.Answer(instruction), client.payload_bytes(), [] {}).value();
  ASSERT_EQ(federation.Wait().outcome, RunOutcome::kDone);
  const auto rounds = federation.EventsOf<ledger::event::Round>();
  ASSERT_EQ(rounds.size(), 1U);
  EXPECT_EQ(rounds[0].payload_bytes_down, down.payload_bytes);
  EXPECT_EQ(rounds[0].payload_bytes_up, up.payload_bytes);
  // And those of its Join, on another connection.
  EXPECT_GT(rounds[0].message_bytes_down, down.message_bytes_down + up.message_bytes_down);
  EXPECT_GE(rounds[0].message_bytes_up, down.message_bytes_up + up.message_bytes_up);
}

TEST(GrpcRun, TakesAPythonClientBesideCppClients) {
  const std::string folder = ::testing::TempDir();
  ASSERT_EQ(std::system(
                ("/usr/bin/python3 -c 'import numpy as n; r = n.random.default_rng(1); n.savez(\"" +
                 folder + "/shard.npz\", x=r.normal(size=(30, 12)), y=r.integers(3, size=30))'")
                    .c_str()),
            0);
  RpcFederation federation({"federation.clients=3", "run.rounds=2", "evaluation.federated=true",
                            "model.freeze=[\"hidden1\"]"});
  ASSERT_TRUE(
      ledger::WriteEndpoint(
          folder,
          {.address = federation.link().address, .token = kToken, .run_id = kRunId, .pid = 1})
          .ok());
  std::thread host = StartHost(federation, {0, 1}, 1);
  EXPECT_EQ(std::system(("/usr/bin/python3 " FEDROUND_SOURCE_DIR
                         "/client/python/fedround_client.py --client 2 --endpoint " +
                         folder + "/endpoint.json --data " + folder + "/shard.npz")
                            .c_str()),
            0);
  EXPECT_EQ(federation.Wait().outcome, RunOutcome::kDone);
  host.join();
  for (const auto& round : federation.EventsOf<ledger::event::Round>()) {
    EXPECT_EQ(round.folded, 3U);
    EXPECT_EQ(round.payload_bytes_up, 3 * kTinyHead * sizeof(float));
  }
}

}  // namespace
}  // namespace fedround::testing
