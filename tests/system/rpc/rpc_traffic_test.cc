// What is booked for connections, against the messages that clients exchanged over them.
#include "coordinator/rpc/listener/listening_socket.h"
#include "tests/system/loopback.h"
#include "tests/system/rpc_federation.h"

namespace fedround::testing {
namespace {

using ledger::ConnectionRecord;
using ledger::TrafficRecord;

TrafficRecord SumOf(const std::vector<TrafficRecord>& records) {
  TrafficRecord sum;
  for (const TrafficRecord& record : records) {
    sum.calls += record.calls;
    sum.payload_bytes_down += record.payload_bytes_down;
    sum.payload_bytes_up += record.payload_bytes_up;
    sum.message_bytes_down += record.message_bytes_down;
    sum.message_bytes_up += record.message_bytes_up;
    sum.wire_bytes_down += record.wire_bytes_down;
    sum.wire_bytes_up += record.wire_bytes_up;
  }
  return sum;
}

// One client that fetches a model of about 0.8 MB and sends an update of that size.
class OneExchange {
 public:
  OneExchange() : federation_({"federation.clients=1", "run.rounds=1", "model.hidden=[400, 460]"}) {
    ManualClient client(federation_, 0);
    const Instruction instruction = client.Next();
    std::vector<float> model(client.payload().size());
    down = client.link().FetchModel(instruction, model).value();
    up = client.link().Submit(client.Answer(instruction), client.payload_bytes(), [] {}).value();
    EXPECT_EQ(client.Next().task, TaskKind::kLeave);
    federation_.Wait();
    connections = federation_.server().Connections();
  }

  std::vector<TrafficRecord> Of(std::uint64_t connection) const {
    std::vector<TrafficRecord> found;
    for (const TrafficRecord& record : traffic()) {
      if (record.connection == connection) found.push_back(record);
    }
    return found;
  }
  const std::vector<TrafficRecord>& traffic() const { return federation_.traffic(); }

  client::TransferCost down, up;
  std::vector<ConnectionRecord> connections;

 private:
  RpcFederation federation_;
};

TEST(Traffic, IsBookedByConnectionAndClient) {
  const OneExchange exchange;
  ASSERT_EQ(exchange.connections.size(), 2U);
  const ConnectionRecord& control = exchange.connections[0];
  const ConnectionRecord& tasks = exchange.connections[1];
  EXPECT_EQ(control.connection, 1U);
  EXPECT_EQ(control.client, std::nullopt);
  EXPECT_EQ(control.calls, 1U);
  EXPECT_EQ(tasks.connection, 2U);
  EXPECT_EQ(tasks.client, ClientId{0});
  EXPECT_EQ(tasks.calls, 2U);
  for (const ConnectionRecord& record : exchange.connections) {
    EXPECT_EQ(record.peer.rfind("ipv4:127.0.0.1:", 0), 0U) << record.peer;
    ASSERT_TRUE(record.closed_ns.has_value());
    EXPECT_GT(*record.closed_ns, record.opened_ns);
  }
}

TEST(Traffic, AddsUpToItsConnection) {
  const OneExchange exchange;
  for (const ConnectionRecord& record : exchange.connections) {
    const TrafficRecord sum = SumOf(exchange.Of(record.connection));
    EXPECT_EQ(sum.calls, record.calls);
    EXPECT_EQ(sum.wire_bytes_down, record.wire_bytes_down);
    EXPECT_EQ(sum.wire_bytes_up, record.wire_bytes_up);
  }
}

TEST(Traffic, CountsTheMessagesThatTheClientCounted) {
  const OneExchange exchange;
  const TrafficRecord sum = SumOf(exchange.Of(2));
  EXPECT_EQ(sum.payload_bytes_down, exchange.down.payload_bytes);
  EXPECT_EQ(sum.payload_bytes_up, exchange.up.payload_bytes);
  EXPECT_EQ(sum.message_bytes_down,
            exchange.down.message_bytes_down + exchange.up.message_bytes_down);
  EXPECT_EQ(sum.message_bytes_up, exchange.down.message_bytes_up + exchange.up.message_bytes_up);
}

// Frames, headers, settings and window updates: 0.1 % and 300 bytes per call.
void ExpectLittleBesides(std::uint64_t message_bytes, std::uint64_t wire_bytes,
                         std::uint64_t calls) {
  EXPECT_GE(wire_bytes, message_bytes);
  EXPECT_LE(wire_bytes - message_bytes, message_bytes / 1000 + 300 * calls)
      << wire_bytes << " of " << message_bytes;
}

TEST(Traffic, IsHardlyMoreOnTheWireThanItsMessages) {
  const OneExchange exchange;
  const TrafficRecord sum = SumOf(exchange.Of(2));
  ExpectLittleBesides(sum.message_bytes_down, sum.wire_bytes_down, sum.calls);
  ExpectLittleBesides(sum.message_bytes_up, sum.wire_bytes_up, sum.calls);
}

TEST(Traffic, IsNotBookedOfStrangers) {
  RpcFederation federation({"federation.clients=1"});
  const Fd silent = Connected(federation.server().port());
  client::GrpcLinkOptions guess = federation.link();
  guess.token = "guess";
  EXPECT_FALSE(client::GrpcCoordinatorLink(guess).Join(RequestOf({0})).ok());
  EXPECT_TRUE(federation.server().TakeTraffic(0).empty());
  EXPECT_TRUE(federation.server().Connections().empty());
}

// A coordinator with a server of its own options, which does not run.
std::vector<ConnectionRecord> ConnectionsAfterJoin(coordinator::RpcServerOptions options,
                                                   const std::string& host,
                                                   TrafficRecord* traffic = nullptr) {
  auto coordinator = coordinator::Coordinator::Create(
                         {.experiment = Tiny({"federation.clients=1"}), .run_id = kRunId})
                         .value();
  options.token = kToken;
  auto server = coordinator::RpcServer::Start(*coordinator, options).value();
  {
    client::GrpcCoordinatorLink link(
        {.address = host + ":" + std::to_string(server->port()), .token = kToken});
    EXPECT_TRUE(link.Join(RequestOf({0})).ok());
  }
  server->Shutdown(std::chrono::seconds(5));
  const auto moved = server->TakeTraffic(0);
  if (traffic != nullptr) *traffic = SumOf(moved);
  return server->Connections();
}

TEST(Traffic, FindsPeersOfEveryFamily) {
  // Many containers have no IPv6, and then there is no such peer; IPv4 alone is in every other
  // test.
  if (!coordinator::Listen("[::1]:0").ok()) GTEST_SKIP() << "no IPv6 here";
  const auto over_ipv6 = ConnectionsAfterJoin({.listen = "[::]:0"}, "[::1]");
  ASSERT_EQ(over_ipv6.size(), 1U);
  EXPECT_EQ(over_ipv6[0].peer.rfind("ipv6:%5B::1%5D:", 0), 0U) << over_ipv6[0].peer;
  const auto over_ipv4 = ConnectionsAfterJoin({.listen = "[::]:0"}, "127.0.0.1");
  ASSERT_EQ(over_ipv4.size(), 1U);
  EXPECT_EQ(over_ipv4[0].peer.rfind("ipv4:127.0.0.1:", 0), 0U) << over_ipv4[0].peer;
}

TEST(Traffic, LeavesTheWireOutWhereItIsNotToCount) {
  TrafficRecord sum;
  ConnectionsAfterJoin({.count_wire = false}, "127.0.0.1", &sum);
  EXPECT_EQ(sum.calls, 1U);
  EXPECT_GT(sum.message_bytes_down, 0U);
  EXPECT_EQ(sum.wire_bytes_down, 0U);
}

}  // namespace
}  // namespace fedround::testing
