// The limits that SECURITY.md and the headers of coordinator/rpc name, from both sides, as numbers.
#include <gtest/gtest.h>

#include <string>

#include "coordinator/rpc/grpc_status.h"
#include "coordinator/rpc/listener/budget.h"
#include "coordinator/rpc/listener/connection_limits.h"
#include "coordinator/rpc/listener/http2/first_call.h"
#include "coordinator/rpc/listener/http2/header_block.h"
#include "coordinator/rpc/service/life_probe.h"
#include "tests/system/rpc/http2_peer.h"

namespace fedround::testing {
namespace {

using coordinator::ConnectionLimits;
using coordinator::FindHeader;
using coordinator::LifeProbe;
using coordinator::LimitsFor;
using coordinator::ReadFirstCall;
using coordinator::RefusalFrame;

// A connection's beginning of that many bytes that leads up to `end`.
std::string OpeningBefore(std::size_t bytes, const std::string& end) {
  const std::size_t around = Preface().size() + FrameOf(kSettingsFrame, kNoFlags, 0, "").size();
  return Preface() +
         FrameOf(kSettingsFrame, kNoFlags, 0, std::string(bytes - around - end.size(), '\0')) + end;
}

TEST(RpcLimits, AStrangerHas16KiBToMakeItsCall) {
  const std::string call = FrameOf(kHeadersFrame, kEndHeaders, 1, "block");
  const std::string in_time = OpeningBefore(16'384, call);
  ASSERT_EQ(in_time.size(), 16'384U);
  EXPECT_EQ(ReadFirstCall(in_time).value().value().header_block, "block");
  // Not yet: one byte is missing.
  EXPECT_FALSE(ReadFirstCall(in_time.substr(0, 16'383)).value().has_value());
  EXPECT_FALSE(ReadFirstCall(OpeningBefore(16'385, call).substr(0, 16'384)).ok());
}

TEST(RpcLimits, AStrangerHasTenSeconds) {
  EXPECT_EQ(ConnectionLimits().stranger_age, 10 * kNanosPerSecond);
  EXPECT_EQ(LimitsFor(1024).stranger_age, 10 * kNanosPerSecond);
}

// Two descriptors per connection, 64 for the rest; half of the connections may join, half may be of
// strangers.
TEST(RpcLimits, DescriptorsAreSharedOut) {
  const ConnectionLimits few = LimitsFor(256);
  EXPECT_EQ(few.max_connections, 96U);
  EXPECT_EQ(few.max_hosts, 48U);
  EXPECT_EQ(few.max_strangers, 48U);
  const ConnectionLimits fewest = LimitsFor(100);
  EXPECT_EQ(fewest.max_connections, 25U);
  EXPECT_EQ(fewest.max_hosts, 12U);
}

TEST(RpcLimits, AThousandAnd24StrangersAreEnough) {
  EXPECT_EQ(LimitsFor(64 + 4 * 1023).max_strangers, 1023U);
  EXPECT_EQ(LimitsFor(64 + 4 * 1024).max_strangers, 1024U);
  EXPECT_EQ(LimitsFor(64 + 4 * 1025).max_strangers, 1024U);
}

TEST(RpcLimits, AfterAPause32Happen) {
  coordinator::Budget budget(kNanosPerSecond, 0);
  int happened = 0;
  for (; budget.Available(1000 * kNanosPerSecond); ++happened) budget.Spend();
  EXPECT_EQ(happened, 32);
}

TEST(RpcLimits, AFormerLifeHasTwoSeconds) {
  EXPECT_EQ(LifeProbe::kPatience, 2 * kNanosPerSecond);
  EXPECT_EQ(LifeProbe::kFresh, 2 * kNanosPerSecond);
}

TEST(RpcLimits, AStatusTakes1024Bytes) {
  for (const std::size_t length : {1023U, 1024U, 1025U}) {
    const auto status = coordinator::ToGrpcStatus(absl::UnavailableError(std::string(length, 'x')));
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(status.error_message(), std::string(length == 1025U ? 1024U : length, 'x'));
  }
}

// Lengths up to 126 stand in one byte, those from 255 on in three.
TEST(RpcLimits, ARefusalSaysWhateverLengthItsMessageHas) {
  for (const std::size_t length : {0U, 126U, 127U, 128U, 254U, 255U, 256U, 16'000U}) {
    const std::string message(length, 'm');
    const std::string refusal = RefusalFrame(0x7fffffff, message);
    EXPECT_EQ(FindHeader(refusal.substr(9), "grpc-message").value(), message) << length;
    EXPECT_EQ(FindHeader(refusal.substr(9), ":status").value(), "200");
    EXPECT_EQ(FindHeader(refusal.substr(9), "content-type").value(), "application/grpc");
    EXPECT_EQ(refusal.substr(5, 4), "\x7f\xff\xff\xff");
    // The largest frame that a peer must take.
    EXPECT_LE(refusal.size() - 9, 16'384U);
  }
}

// What is left of the last byte is all ones.
TEST(RpcLimits, PaddingOfAPackedHeaderHasUpToSevenBits) {
  const auto value_of = [](const std::string& packed) {
    return FindHeader(std::string("\x40\4name") + static_cast<char>(0x80 | packed.size()) + packed,
                      "name");
  };
  // 'a' is 00011, five times: 25 bits and seven ones.
  EXPECT_EQ(value_of("\x18\xc6\x31\xff").value(), "aaaaa");
  // '0' is 00000: eight of them fill five bytes, and a byte of ones alone is no padding.
  EXPECT_EQ(value_of(std::string("\0\0\0\0\0", 5)).value(), "00000000");
  EXPECT_FALSE(value_of(std::string("\0\0\0\0\0\xff", 6)).ok());
}

// A length takes four bytes behind the first one at most.
TEST(RpcLimits, NumbersOfAHeaderBlockHaveFiveBytes) {
  const std::string name("\x40\4name", 6);
  EXPECT_EQ(FindHeader(name + std::string("\x7f\x80\x80\x80\0", 5) + std::string(127, 'v'), "name")
                .value(),
            std::string(127, 'v'));
  EXPECT_FALSE(
      FindHeader(name + std::string("\x7f\x80\x80\x80\x80\0", 6) + std::string(127, 'v'), "name")
          .ok());
}

}  // namespace
}  // namespace fedround::testing
