#include "common/wire/messages/update_header.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "common/wire/chunk.h"
#include "fedround/v1/federation.pb.h"
#include "gtest/gtest.h"

namespace fedround::wire {
namespace {

UpdateHeader Example() {
  UpdateHeader header;
  header.run_id = "run";
  header.incarnation = 3;
  header.ask = 12;
  header.client = 99;
  header.model_id = 0xfedcba9876543210;
  header.sections = {{"update", "float32", 10, 40}, {"extra", "float32", 1, 4}};
  header.weight = 600;
  header.scalars = {{"reach", 77}};
  header.metrics = {{"train_loss", 0.25}, {"a", -3e38}};
  header.health = {{"activation1", "dead", 0.5}, {"hidden1.weight", "gradient_rms", 1e-300}};
  header.checksum = 0;
  return header;
}

// The bytes that the receiver passes on.
std::string HeaderField(const UpdateHeader& header) {
  const std::string message = SerializeUpdateHeader(header);
  const Bytes bytes = std::as_bytes(std::span(message));
  return ParseUpdateChunk({&bytes, 1}).value().header;
}

absl::StatusCode CodeOf(const UpdateHeader& header) {
  return ParseUpdateHeader(HeaderField(header)).status().code();
}

TEST(UpdateHeader, SurvivesTheWire) {
  const auto parsed = ParseUpdateHeader(HeaderField(Example()));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, Example());
}

TEST(UpdateHeader, RefusesAStampThatIsNoClocks) {
  UpdateHeader header = Example();
  header.sent_ns = std::numeric_limits<Nanos>::min();
  EXPECT_EQ(ParseUpdateHeader(HeaderField(header)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(UpdateHeader, TellsAMissingChecksumFromZero) {
  UpdateHeader header = Example();
  header.checksum.reset();
  const auto parsed = ParseUpdateHeader(HeaderField(header));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_FALSE(parsed->checksum.has_value());
}

TEST(UpdateHeader, RefusesAMetricWhoseSumOverACohortMayNotBeFinite) {
  for (const double value : {std::numeric_limits<double>::quiet_NaN(),
                             std::numeric_limits<double>::infinity(), 1.7e308, -1e39}) {
    UpdateHeader header = Example();
    header.metrics["train_loss"] = value;
    EXPECT_EQ(CodeOf(header), absl::StatusCode::kInvalidArgument);
  }
}

TEST(UpdateHeader, RefusesMoreMetricsThanTheLimit) {
  UpdateHeader header = Example();
  header.metrics.clear();
  for (std::size_t i = 0; i < kMaxMetrics; ++i) header.metrics[absl::StrCat("m", i)] = 1;
  EXPECT_EQ(CodeOf(header), absl::StatusCode::kOk);
  header.metrics["one_more"] = 1;
  EXPECT_EQ(CodeOf(header), absl::StatusCode::kInvalidArgument);
}

TEST(UpdateHeader, RefusesALongMetricName) {
  UpdateHeader header = Example();
  header.metrics[std::string(kMaxName + 1, 'x')] = 1;
  EXPECT_EQ(CodeOf(header), absl::StatusCode::kInvalidArgument);
}

TEST(UpdateHeader, HealthNeedNotBeFinite) {
  UpdateHeader header = Example();
  header.health = {{"hidden1.weight", "gradient_rms", std::numeric_limits<double>::infinity()}};
  EXPECT_EQ(ParseUpdateHeader(HeaderField(header)).value(), header);
}

TEST(UpdateHeader, RefusesMoreHealthValuesThanTheLimit) {
  UpdateHeader header = Example();
  header.health.clear();
  for (std::size_t i = 0; i < kMaxHealthValues; ++i) {
    header.health.push_back({absl::StrCat("a", i), "b", 1});
  }
  EXPECT_EQ(CodeOf(header), absl::StatusCode::kOk);
  header.health.push_back({"a", "b", 1});
  EXPECT_EQ(CodeOf(header), absl::StatusCode::kInvalidArgument);
}

TEST(UpdateHeader, RefusesAHealthValueThatIsThereTwice) {
  UpdateHeader header = Example();
  header.health = {{"a", "b", 1}, {"a", "c", 1}};
  EXPECT_EQ(CodeOf(header), absl::StatusCode::kOk);
  header.health.push_back({"a", "b", 2});
  EXPECT_EQ(CodeOf(header), absl::StatusCode::kInvalidArgument);
}

TEST(UpdateHeader, RefusesHealthNamesThatAreLongOrNotPlain) {
  for (const std::string& name : {std::string(kMaxName + 1, 'x'), std::string("a,b"),
                                  std::string("a\nb"), std::string("\""), std::string(1, '\0')}) {
    UpdateHeader header = Example();
    header.health = {{name, "zeros", 1}};
    EXPECT_EQ(CodeOf(header), absl::StatusCode::kInvalidArgument) << name;
    header.health = {{"activation1", name, 1}};
    EXPECT_EQ(CodeOf(header), absl::StatusCode::kInvalidArgument) << name;
  }
}

TEST(UpdateHeader, RefusesMoreSectionsThanTheLimit) {
  UpdateHeader header = Example();
  header.sections.assign(kMaxSections, {"s", "float32", 1, 4});
  EXPECT_EQ(CodeOf(header), absl::StatusCode::kOk);
  header.sections.push_back({"s", "float32", 1, 4});
  EXPECT_EQ(CodeOf(header), absl::StatusCode::kInvalidArgument);
}

TEST(UpdateHeader, RefusesSectionsWhoseBytesOverflow) {
  UpdateHeader header = Example();
  header.sections[0].bytes = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(CodeOf(header), absl::StatusCode::kInvalidArgument);
}

TEST(UpdateHeader, RefusesALongRunId) {
  UpdateHeader header = Example();
  header.run_id = std::string(kMaxRunId + 1, 'x');
  EXPECT_EQ(CodeOf(header), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace fedround::wire
