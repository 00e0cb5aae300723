#include "common/wire/messages/join_request.h"

#include <limits>

#include "fedround/v1/federation.pb.h"
#include "gtest/gtest.h"

namespace fedround::wire {
namespace {

JoinRequest Example() {
  JoinRequest request;
  request.host = "machine";
  request.build = "0.1.0";
  request.simd = "avx2";
  request.pid = 4711;
  request.clients = {0, 1, 2, 7, 9, 10};
  request.answers_ping = true;
  return request;
}

std::string WithRanges(const std::vector<std::pair<std::uint64_t, std::uint64_t>>& ranges) {
  v1::JoinRequest message;
  for (const auto& [first, last] : ranges) {
    v1::ClientRange& range = *message.add_clients();
    range.set_first(first);
    range.set_last(last);
  }
  return message.SerializeAsString();
}

constexpr std::uint64_t kFederation = 1000;

absl::StatusCode CodeOf(const std::string& bytes) {
  return ParseJoinRequest(bytes, kFederation).status().code();
}

constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();

TEST(JoinRequest, SurvivesTheWire) {
  const auto parsed = ParseJoinRequest(SerializeJoinRequest(Example()), kFederation);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->protocol_version, kProtocolVersion);
  EXPECT_EQ(parsed->host, "machine");
  EXPECT_EQ(parsed->build, "0.1.0");
  EXPECT_EQ(parsed->simd, "avx2");
  EXPECT_EQ(parsed->pid, 4711);
  EXPECT_EQ(parsed->clients, Example().clients);
  EXPECT_TRUE(parsed->answers_ping);
}

TEST(JoinRequest, WritesNeighbouringIdsAsOneRange) {
  v1::JoinRequest message;
  ASSERT_TRUE(message.ParseFromString(SerializeJoinRequest(Example())));
  EXPECT_EQ(message.clients_size(), 3);
}

TEST(JoinRequest, AcceptsTheLargestId) {
  const auto parsed = ParseJoinRequest(WithRanges({{kLargest - 2, kLargest - 1}}), kLargest);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->clients, (std::vector<ClientId>{kLargest - 2, kLargest - 1}));
}

TEST(JoinRequest, RefusesAProcessNumberThatNoneHas) {
  for (const std::int64_t pid : {std::int64_t{-1}, std::int64_t{1} << 31}) {
    JoinRequest request = Example();
    request.pid = pid;
    EXPECT_EQ(CodeOf(SerializeJoinRequest(request)), absl::StatusCode::kInvalidArgument);
  }
}

TEST(JoinRequest, RefusesARangeThatEndsBeforeItStarts) {
  EXPECT_EQ(CodeOf(WithRanges({{3, 2}})), absl::StatusCode::kInvalidArgument);
}

TEST(JoinRequest, RefusesRangesThatOverlap) {
  EXPECT_EQ(CodeOf(WithRanges({{0, 4}, {4, 5}})), absl::StatusCode::kInvalidArgument);
}

TEST(JoinRequest, RefusesRangesThatDescend) {
  EXPECT_EQ(CodeOf(WithRanges({{4, 5}, {0, 1}})), absl::StatusCode::kInvalidArgument);
}

TEST(JoinRequest, RefusesRangesBeyondTheFederation) {
  EXPECT_EQ(CodeOf(WithRanges({{0, kFederation - 1}})), absl::StatusCode::kOk);
  EXPECT_EQ(CodeOf(WithRanges({{0, kFederation}})), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(WithRanges({{0, 9}, {10, 9'999'999}})), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(WithRanges({{0, kLargest}})), absl::StatusCode::kInvalidArgument);
}

TEST(JoinRequest, NamesTheIdBeyondTheFederation) {
  const absl::Status status = ParseJoinRequest(WithRanges({{0, 1000}}), kFederation).status();
  EXPECT_EQ(status.message(), "client 1000: federation.clients = 1000, so ids end at 999");
}

TEST(JoinRequest, RefusesALongHostName) {
  JoinRequest request = Example();
  request.host = std::string(kMaxJoinText + 1, 'x');
  EXPECT_EQ(CodeOf(SerializeJoinRequest(request)), absl::StatusCode::kInvalidArgument);
}

TEST(JoinRequest, RefusesBytesThatAreNone) {
  EXPECT_EQ(CodeOf("\x0b\x0b"), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace fedround::wire
