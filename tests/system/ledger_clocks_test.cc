// Runs whose clients have another clock, or are written in another language: their ledgers add up
// all the same.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <thread>

#include "client/client_host.h"
#include "common/base/status_macros.h"
#include "common/ledger/run_folder.h"
#include "coordinator/run/run_in_folder.h"
#include "tests/support/command.h"
#include "tests/support/paths.h"
#include "tests/support/run_ledger.h"
#include "tests/system/rpc_federation.h"

namespace fedround::testing {
namespace {

using coordinator::RpcServer;

// Runs tiny.toml over real sockets in a run folder; `clients` brings the clients and returns when
// they have left.
ledger::Verdict RunOverSockets(const std::string& folder, const std::vector<std::string>& overrides,
                               const std::function<void(const ledger::Endpoint&)>& clients) {
  const auto drive = [&](coordinator::Coordinator& coordinator,
                         const std::string& run_id) -> absl::StatusOr<ledger::Verdict> {
    const std::size_t chunk_bytes = coordinator.experiment().limits.chunk_bytes;
    ASSIGN_OR_RETURN(const std::unique_ptr<RpcServer> server,
                     RpcServer::Start(coordinator, {.token = kToken, .chunk_bytes = chunk_bytes}));
    std::thread peers(
        clients,
        ledger::Endpoint{
            .address = server->address(), .token = kToken, .run_id = run_id, .pid = getpid()});
    ledger::Verdict verdict = coordinator.Run(*server);
    peers.join();
    return verdict;
  };
  return coordinator::RunInFolder({.experiment = Tiny(overrides), .folder = folder}, drive);
}

void RunHost(const ledger::Endpoint& endpoint, const client::HostOptions& options) {
  client::GrpcCoordinatorLink link({.address = endpoint.address, .token = endpoint.token});
  const auto left = client::RunClientHost(link, options);
  EXPECT_TRUE(left.ok()) << left.status();
}

std::string FreshFolder() {
  const auto& test = *::testing::UnitTest::GetInstance()->current_test_info();
  const std::string folder =
      ::testing::TempDir() + "/" + test.test_suite_name() + "_" + test.name();
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

void ExpectVerified(const std::string& folder) {
  const CommandResult verified = RunCommand({"fedround", "verify", folder});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
}

// ---- clocks ----

constexpr Nanos kAhead = 3600 * kNanosPerSecond;
constexpr ClientId kFirstAhead = 5;

TEST(LedgerClocks, AClockThatIsAnHourAheadIsKnownToBe) {
  const std::string folder = FreshFolder();
  const auto clients = [](const ledger::Endpoint& endpoint) {
    std::thread ahead(RunHost, endpoint,
                      client::HostOptions{.clients = {kFirstAhead, 6, 7}, .threads = 2, .now = [] {
                                            return MonotonicNow() + kAhead;
                                          }});
    RunHost(endpoint, {.clients = {0, 1, 2, 3, 4}, .threads = 2});
    ahead.join();
  };
  ASSERT_EQ(RunOverSockets(folder, {"evaluation.federated=true"}, clients).outcome,
            RunOutcome::kDone);
  const auto ledger = ledger::ReadLedger(folder);
  ASSERT_TRUE(ledger.ok()) << ledger.status();
  EXPECT_EQ(ledger->tasks.size(), 4U * 2 * 8);
  for (const ledger::TaskRow& task : ledger->tasks) {
    const Nanos offset = task.client >= kFirstAhead ? -kAhead : 0;
    ASSERT_TRUE(task.clock_offset_ns.has_value() && task.clock_bound_ns.has_value());
    EXPECT_LE(std::abs(*task.clock_offset_ns - offset), *task.clock_bound_ns);
    EXPECT_LT(*task.clock_bound_ns, kAhead / 100);
  }
  ExpectVerified(folder);
}

// ---- another language ----

// A run of two clients here and one in Python, whose books must add up.
void RunWithAPythonClient(std::vector<std::string> overrides) {
  const std::string folder = FreshFolder();
  ASSERT_EQ(std::system(
                ("/usr/bin/python3 -c 'import numpy as n; r = n.random.default_rng(1); n.savez(\"" +
                 folder + "/shard.npz\", x=r.normal(size=(30, 12)), y=r.integers(3, size=30))'")
                    .c_str()),
            0);
  const auto clients = [&folder](const ledger::Endpoint& endpoint) {
    ASSERT_TRUE(ledger::WriteEndpoint(folder, endpoint).ok());
    std::thread host(RunHost, endpoint, client::HostOptions{.clients = {0, 1}, .threads = 1});
    EXPECT_EQ(std::system(("/usr/bin/python3 " FEDROUND_SOURCE_DIR
                           "/client/python/fedround_client.py --client 2 --endpoint " +
                           folder + "/endpoint.json --data " + folder + "/shard.npz")
                              .c_str()),
              0);
    host.join();
  };
  overrides.insert(overrides.end(), {"federation.clients=3", "run.rounds=2"});
  ASSERT_EQ(RunOverSockets(folder, overrides, clients).outcome, RunOutcome::kDone);
  ExpectVerified(folder);
}

TEST(LedgerClocks, APythonClientsTimesAddUpBesideThoseOfCppClients) {
  RunWithAPythonClient({"evaluation.federated=true"});
}

TEST(LedgerClocks, SoDoTheBytesOfOneThatCompresses) { RunWithAPythonClient({"uplink.codec=fp16"}); }

}  // namespace
}  // namespace fedround::testing
