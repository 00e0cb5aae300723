// Tests which connections are read and which are closed when more connect than there is room for:
// the listener's bookkeeping, without a listener.
#include "coordinator/rpc/listener/open_connections.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "coordinator/rpc/listener/budget.h"
#include "coordinator/rpc/listener/connection_limits.h"
#include "coordinator/rpc/listener/http2/first_call.h"
#include "tests/system/loopback.h"

namespace fedround::testing {
namespace {

using coordinator::Budget;
using coordinator::ConnectionLimits;
using coordinator::ConnectionTable;
using coordinator::kGreeting;
using coordinator::OpenConnections;

constexpr Nanos kRefill = 2 * kNanosPerMilli;

void SpendAll(Budget& budget) {
  for (int i = 0; i < Budget::kMost; ++i) budget.Spend();
}

TEST(Budget, RefillsWithTime) {
  Budget budget(kRefill, 0);
  SpendAll(budget);
  EXPECT_FALSE(budget.Available(kRefill - 1));
  EXPECT_EQ(budget.next_refill(), kRefill);
  EXPECT_TRUE(budget.Available(kRefill));
  budget.Spend();
  EXPECT_FALSE(budget.Available(kRefill));
}

TEST(Budget, RefillsUpToItsMost) {
  Budget budget(kRefill, 0);
  EXPECT_TRUE(budget.Available(kNanosPerSecond));
  SpendAll(budget);
  EXPECT_FALSE(budget.Available(kNanosPerSecond));
}

TEST(Budget, NeverRunsOutWhereEveryPeerIsAClient) {
  Budget budget(kRefill, 0);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(budget.Available(0));
    budget.Spend();
    budget.GiveBack(1);
  }
}

// Connections whose bytes nobody reads, by number.
class SpeakingConnections {
 public:
  // A connection whose first bytes have arrived.
  std::uint64_t AddNew(Nanos now) {
    const std::uint64_t id = open_.Add("peer", TcpSocket(), now);
    open_.Speaks(id, now);
    return id;
  }
  // A connection that was looked at before its first call was complete, and has sent more since.
  std::uint64_t AddTrickler(Nanos now) {
    const std::uint64_t id = AddNew(now);
    Look(id, now);
    open_.Speaks(id, now);
    return id;
  }
  void Look(std::uint64_t id, Nanos now) {
    char space[1];
    open_.Look(id, space);
    open_.Greet(id, kGreeting, now);
  }
  OpenConnections& open() { return open_; }

 private:
  ConnectionTable table_{false};
  OpenConnections open_{table_};
};

TEST(OpenConnections, HearANewOneBeforeAllThatTrickle) {
  SpeakingConnections connections;
  for (Nanos now = 1; now <= 200; ++now) connections.AddTrickler(now);
  EXPECT_EQ(connections.open().unheard(), 0U);
  connections.Look(*connections.open().NextSpeaking(), 201);
  const std::uint64_t client = connections.AddNew(202);
  EXPECT_EQ(connections.open().NextSpeaking(), client);
  EXPECT_EQ(connections.open().unheard(), 1U);
  EXPECT_EQ(connections.open().speaking(), 200U);
}

TEST(OpenConnections, HearOneThatSpeaksOnBetweenNewOnes) {
  SpeakingConnections connections;
  const std::uint64_t client = connections.AddTrickler(1);
  for (Nanos now = 2; now <= 20; ++now) connections.AddNew(now);
  connections.Look(connections.AddNew(21), 21);
  EXPECT_EQ(connections.open().NextSpeaking(), client);
}

TEST(OpenConnections, CutWhoeverHasBeenSpeakingLongest) {
  SpeakingConnections connections;
  const std::uint64_t first = connections.AddTrickler(1);
  const std::uint64_t second = connections.AddNew(2);
  ASSERT_TRUE(connections.open().CutStranger(0, 0, 3));
  EXPECT_EQ(connections.open().DescriptorOf(first), -1);
  EXPECT_NE(connections.open().DescriptorOf(second), -1);
}

TEST(ConnectionLimits, LeaveDescriptorsForTheRest) {
  for (const std::size_t descriptors : {16U, 64U, 256U, 1024U, 20'000U}) {
    const ConnectionLimits limits = coordinator::LimitsFor(descriptors);
    EXPECT_GT(limits.max_connections, 0U);
    EXPECT_GT(limits.max_strangers, 0U);
    EXPECT_LT(limits.max_strangers, limits.max_connections);
    EXPECT_GT(limits.max_hosts, 0U);
    EXPECT_LE(2 * limits.max_hosts, limits.max_connections);
    EXPECT_LE(2 * limits.max_connections + std::min<std::size_t>(64, descriptors / 2), descriptors);
  }
}

}  // namespace
}  // namespace fedround::testing
