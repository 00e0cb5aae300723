// Links that are slow, stand still or break, and hosts that come back: no update is lost that could
// have arrived.
#include <csignal>

#include "common/base/exit_code.h"
#include "common/ledger/run_folder.h"
#include "tests/support/command.h"
#include "tests/system/failing_client.h"
#include "tests/system/relay.h"

namespace fedround::testing {
namespace {

client::GrpcLinkOptions Through(const Relay& relay) {
  return {.address = relay.address(), .token = kToken};
}

// ---- slow, and still ----

// A model or an update takes twice as long as `stall_s`, a message of it a twentieth.
TEST(Link, ATransferLivesAsLongAsItMovesHoweverSlowly) {
  RpcFederation federation({"run.rounds=1", "federation.clients=1", "model.hidden=[400, 400]",
                            "limits.chunk_bytes=16384", "limits.stall_s=1"});
  const std::size_t blocks =
      ParameterCount(federation.coordinator().tensors()) * sizeof(float) / Relay::kBlock;
  ASSERT_GE(blocks, 40U);
  Relay relay(federation.server().port());
  relay.Slow(std::chrono::milliseconds(50));
  client::GrpcCoordinatorLink link(Through(relay));
  {
    const HostThread host(federation, link, {0});
    EXPECT_EQ(federation.Wait().outcome, RunOutcome::kDone);
  }
  EXPECT_TRUE(federation.EventsOf<ledger::event::Failure>().empty());
  EXPECT_EQ(relay.accepted(), 2);  // nothing was tried again: its control connection and its own
}

TEST(Link, ATransferThatStandsStillEndsAndTheNextOneTakesANewConnection) {
  RpcFederation federation({"federation.clients=1"});
  Relay relay(federation.server().port());
  client::GrpcLinkOptions options = Through(relay);
  options.stall = 200 * kNanosPerMilli;
  client::GrpcCoordinatorLink link(options);
  const Welcome welcome = link.Join(RequestOf({0})).value();
  const Instruction instruction = link.NextInstruction().value();
  std::vector<float> model(ParameterCount(welcome.model.tensors));
  ASSERT_TRUE(link.FetchModel(instruction, model).ok());
  const int before = relay.accepted();
  relay.Freeze(true);
  const absl::Status still = link.FetchModel(instruction, model).status();
  EXPECT_TRUE(absl::IsUnavailable(still)) << still;
  EXPECT_NE(still.message().find("nothing has moved"), absl::string_view::npos) << still;
  relay.Freeze(false);
  EXPECT_TRUE(Eventually([&] { return link.FetchModel(instruction, model).ok(); }));
  EXPECT_GT(relay.accepted(), before);
}

// ---- broken ----

// Two clients; the updates of client 0 keep each round open until its gate is opened.
std::vector<std::string> OpenRounds(int rounds) {
  return {"run.rounds=" + std::to_string(rounds), "federation.clients=2", "evaluation.every=0",
          "federation.deadline_s=3600", "launch.slots=8"};
}

void ExpectAllFolded(RpcFederation& federation, int rounds, const std::string& folder) {
  const auto folded = ExpectWhole(federation, OpenRounds(rounds), folder);
  EXPECT_EQ(folded, std::vector<std::vector<ClientId>>(static_cast<std::size_t>(rounds), {0, 1}));
  EXPECT_EQ(federation.coordinator().model_sha256(),
            RunExperiment(Tiny(OpenRounds(rounds))).model_sha256);
}

// Descriptors are not counted here: gRPC 1.51 shuts a client's socket down and never closes it if
// it is cut in its first millisecond, while the connection is being set up.
TEST(Rejoin, AHostWhoseConnectionsBreakInEachRoundTakesPartInEachRound) {
  constexpr int kRounds = 4;
  const std::string folder = FreshFolder();
  RpcFederation federation(OpenRounds(kRounds), folder);
  Relay relay(federation.server().port());
  RoundGate gate;
  GatedLink steady(federation, gate);
  client::GrpcCoordinatorLink relayed(Through(relay));
  const HostThread steady_host(federation, steady, {0});
  const HostThread relayed_host(federation, relayed, {1});
  for (int round = 1; round <= kRounds; ++round) {
    ASSERT_TRUE(gate.WaitFor(static_cast<std::uint32_t>(round)));
    relay.Cut();
    ASSERT_TRUE(Eventually([&] { return federation.joins() == 2 + round; })) << "round " << round;
    gate.Open(static_cast<std::uint32_t>(round));
  }
  ExpectAllFolded(federation, kRounds, folder);
}

// A client process of a federation in this process.
class ClientProcess : public Command {
 public:
  ClientProcess(const std::string& folder, ClientId client)
      : Command({"fedround-client", "--endpoint", folder + "/endpoint.json", "--clients",
                 std::to_string(client)}) {}
};

TEST(Rejoin, ANewLifeIsLetInWhereTheOldOneDoesNotAnswer) {
  constexpr int kRounds = 2;
  const std::string folder = FreshFolder();
  RpcFederation federation(OpenRounds(kRounds), folder);
  const std::string endpoint = folder + "/clients";
  std::filesystem::create_directories(endpoint);
  ASSERT_TRUE(ledger::WriteEndpoint(endpoint, {.address = federation.link().address,
                                               .token = kToken,
                                               .run_id = kRunId,
                                               .pid = getpid()})
                  .ok());
  RoundGate gate;
  GatedLink steady(federation, gate);
  const HostThread host(federation, steady, {0});
  ClientProcess old(endpoint, 1);
  ASSERT_TRUE(gate.WaitFor(1));
  old.Signal(SIGSTOP);
  ClientProcess next(endpoint, 1);
  ASSERT_TRUE(Eventually([&] { return federation.joins() == 3; }));
  // Which it hears when it comes to itself, and it does not fight for its place.
  old.Signal(SIGCONT);
  const CommandResult ended = old.Finish();
  EXPECT_EQ(ended.exit_code, exit_code::kUsage) << ended.err;
  EXPECT_NE(ended.err.find("another host has joined as client 1"), std::string::npos) << ended.err;
  for (std::uint32_t round = 1; round <= kRounds; ++round) gate.Open(round);
  ExpectAllFolded(federation, kRounds, folder);
  EXPECT_EQ(next.Finish().exit_code, 0);
}

}  // namespace
}  // namespace fedround::testing
