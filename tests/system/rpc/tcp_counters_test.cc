// The kernel's byte counts against bytes that were counted before they were sent.
#include "coordinator/rpc/listener/tcp_counters.h"

#include <thread>

#include "tests/system/loopback.h"

namespace fedround::testing {
namespace {

using coordinator::ReadTcpCounters;
using coordinator::TcpCounters;

TcpCounters CountersOf(const Fd& fd) { return ReadTcpCounters(fd.get()).value(); }

bool HasEnded(const Fd& fd) { return CountersOf(fd).ended; }

// A connection on which we received 1000 bytes and sent 300.
struct UsedPair : LoopbackPair {
  UsedPair() {
    SendBytes(theirs, 1000);
    ReceiveBytes(ours, 1000);
    SendBytes(ours, 300);
    ReceiveBytes(theirs, 300);
  }

  void ExpectCounts(std::uint64_t received = 1000) const {
    EXPECT_EQ(CountersOf(ours).received, received);
    EXPECT_EQ(CountersOf(ours).sent, 300U);
  }
};

// Their FIN has come to us.
bool SawFin(const Fd& fd) {
  char byte;
  return recv(fd.get(), &byte, 1, MSG_PEEK) >= 0;
}

TEST(TcpCounters, AreZeroOnANewConnection) {
  const LoopbackPair pair;
  EXPECT_EQ(CountersOf(pair.ours).sent, 0U);
  EXPECT_EQ(CountersOf(pair.ours).received, 0U);
  EXPECT_FALSE(CountersOf(pair.ours).ended);
}

TEST(TcpCounters, CountTheBytesOfBothDirections) {
  const UsedPair pair;
  pair.ExpectCounts();
  EXPECT_EQ(CountersOf(pair.theirs).sent, 1000U);
  EXPECT_EQ(CountersOf(pair.theirs).received, 300U);
}

TEST(TcpCounters, CountManyMegabytesExactly) {
  constexpr std::size_t kBytes = (32 << 20) + 17;
  const LoopbackPair pair;
  std::thread sender([&] { SendBytes(pair.ours, kBytes); });
  ReceiveBytes(pair.theirs, kBytes);
  sender.join();
  EXPECT_EQ(CountersOf(pair.ours).sent, kBytes);
  EXPECT_EQ(CountersOf(pair.theirs).received, kBytes);
}

TEST(TcpCounters, LeaveOutThePeersFin) {
  UsedPair pair;
  shutdown(pair.theirs.get(), SHUT_WR);
  ASSERT_TRUE(SawFin(pair.ours));
  pair.ExpectCounts();
  EXPECT_FALSE(HasEnded(pair.ours));
}

TEST(TcpCounters, LeaveOutThePeersFinAfterBothHaveEnded) {
  UsedPair pair;
  pair.theirs = Fd();
  ASSERT_TRUE(SawFin(pair.ours));
  shutdown(pair.ours.get(), SHUT_RDWR);
  ASSERT_TRUE(Eventually([&] { return HasEnded(pair.ours); }));
  pair.ExpectCounts();
}

TEST(TcpCounters, LeaveOutOurFin) {
  UsedPair pair;
  shutdown(pair.ours.get(), SHUT_RDWR);
  ASSERT_TRUE(SawFin(pair.theirs));
  pair.ExpectCounts();
  EXPECT_FALSE(HasEnded(pair.ours));
}

TEST(TcpCounters, LeaveOutTheFinThatAnswersOurs) {
  UsedPair pair;
  shutdown(pair.ours.get(), SHUT_RDWR);
  ASSERT_TRUE(SawFin(pair.theirs));
  pair.theirs = Fd();
  ASSERT_TRUE(Eventually([&] { return HasEnded(pair.ours); }));
  pair.ExpectCounts();
}

TEST(TcpCounters, CountBytesThatNobodyReadBeforeTheEnd) {
  UsedPair pair;
  SendBytes(pair.theirs, 77);
  pair.theirs = Fd();
  ASSERT_TRUE(Eventually([&] { return CountersOf(pair.ours).received == 1077; }));
  shutdown(pair.ours.get(), SHUT_RDWR);
  ASSERT_TRUE(Eventually([&] { return HasEnded(pair.ours); }));
  pair.ExpectCounts(1077);
}

TEST(TcpCounters, LoseNothingToAReset) {
  UsedPair pair;
  Reset(std::move(pair.theirs));
  ASSERT_TRUE(Eventually([&] { return HasEnded(pair.ours); }));
  pair.ExpectCounts();
}

TEST(TcpCounters, LoseNothingToAResetWhoseErrorWasTaken) {
  UsedPair pair;
  Reset(std::move(pair.theirs));
  char byte;
  EXPECT_EQ(recv(pair.ours.get(), &byte, 1, 0), -1);
  ASSERT_TRUE(Eventually([&] { return HasEnded(pair.ours); }));
  pair.ExpectCounts();
}

TEST(TcpCounters, LoseNothingToAResetWithBytesUnread) {
  UsedPair pair;
  SendBytes(pair.theirs, 77);
  Reset(std::move(pair.theirs));
  ASSERT_TRUE(Eventually([&] { return HasEnded(pair.ours); }));
  pair.ExpectCounts(1077);
}

TEST(TcpCounters, LeaveOutAFinThatAResetFollows) {
  UsedPair pair;
  pair.theirs = Fd();
  ASSERT_TRUE(SawFin(pair.ours));
  SendBytes(pair.ours, 5);  // to a socket that is gone: the answer is a reset
  ASSERT_TRUE(Eventually([&] { return HasEnded(pair.ours); }));
  EXPECT_EQ(CountersOf(pair.ours).received, 1000U);
  EXPECT_EQ(CountersOf(pair.ours).sent, 305U);
}

TEST(TcpCounters, AreReadWithoutTouchingTheStream) {
  UsedPair pair;
  SendBytes(pair.theirs, 9);
  pair.theirs = Fd();
  shutdown(pair.ours.get(), SHUT_WR);
  ASSERT_TRUE(Eventually([&] { return HasEnded(pair.ours); }));
  ReceiveBytes(pair.ours, 9);
  EXPECT_TRUE(SeesItsEnd(pair.ours));
}

TEST(TcpCounters, AreMissingWhereThereIsNoTcp) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  const Fd first(ends[0]);
  const Fd second(ends[1]);
  EXPECT_FALSE(ReadTcpCounters(first.get()).has_value());
  EXPECT_FALSE(ReadTcpCounters(-1).has_value());
}

}  // namespace
}  // namespace fedround::testing
