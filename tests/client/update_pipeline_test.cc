#include "client/update_pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/base/hash.h"

namespace fedround::client {
namespace {

using ::testing::HasSubstr;

UpdatePipeline PipelineOf(std::size_t size, const std::vector<std::string>& overrides) {
  return UpdatePipeline::Create(ParseExperimentToml("", "test", overrides).value(), size).value();
}

struct Encoded {
  absl::Status status;
  UpdateHeader header;
  std::vector<std::byte> payload;
  bool is_the_update = false;  // the payload is the update's own memory
};

Encoded Encode(const UpdatePipeline& pipeline, std::vector<float> update, ClientId client = 0) {
  Encoded encoded;
  PayloadMemory memory;
  encoded.header.client = client;
  const auto payload = pipeline.Encode(update, memory, encoded.header);
  encoded.status = payload.status();
  if (!payload.ok()) return encoded;
  encoded.payload.assign(payload->begin(), payload->end());
  encoded.is_the_update = payload->data() == std::as_bytes(std::span(update)).data();
  return encoded;
}

std::vector<float> AsFloats(const std::vector<std::byte>& payload) {
  std::vector<float> values(payload.size() / sizeof(float));
  std::copy_n(payload.data(), payload.size(), std::as_writable_bytes(std::span(values)).data());
  return values;
}

TEST(UpdatePipeline, SendsPlainFloatsWithoutACopy) {
  const Encoded sent = Encode(PipelineOf(3, {}), {1, -2, 0.5F});
  EXPECT_TRUE(sent.is_the_update);
  EXPECT_EQ(AsFloats(sent.payload), (std::vector<float>{1, -2, 0.5F}));
  EXPECT_EQ(sent.header.sections, (std::vector<Section>{{"update", "float32", 3, 12}}));
  EXPECT_EQ(sent.header.checksum, Xxh3(sent.payload));
  EXPECT_TRUE(sent.header.metrics.empty());
}

TEST(UpdatePipeline, AppliesStagesInTheirOrderThenTheCodec) {
  const std::string flip = "{name = \"sign_flip\", share = 1, scale = 2}";
  const std::string clip = "{name = \"clip\", norm = 5}";
  const auto sent = [](const std::string& stages) {
    return AsFloats(Encode(PipelineOf(2, {"uplink.stages=" + stages}), {3, 4}).payload);
  };
  EXPECT_EQ(sent("[" + clip + ", " + flip + "]"), (std::vector<float>{-6, -8}));
  EXPECT_EQ(sent("[" + flip + ", " + clip + "]"), (std::vector<float>{-3, -4}));
}

TEST(UpdatePipeline, ReportsWhatStagesDid) {
  const Encoded sent =
      Encode(PipelineOf(2, {"uplink.stages=[{name = \"clip\", norm = 1}]"}), {3, 4});
  EXPECT_EQ(sent.header.metrics, (Metrics{{"clip.clipped", 1}, {"clip.norm", 5}}));
}

TEST(UpdatePipeline, EncodesWithTheCodecOfTheRun) {
  const Encoded sent = Encode(PipelineOf(3, {"uplink.codec=\"fp16\""}), {1, -2, 0.5F});
  EXPECT_EQ(sent.header.sections, (std::vector<Section>{{"update", "fp16", 3, 6}}));
  EXPECT_EQ(sent.payload.size(), 6U);
  EXPECT_EQ(sent.header.checksum, Xxh3(sent.payload));
}

TEST(UpdatePipeline, FindsWhatAStagePushedBeyondTheGrid) {
  const UpdatePipeline pipeline =
      PipelineOf(2, {"uplink.stages=[{name = \"sign_flip\", share = 1, scale = 10}]"});
  const Encoded sent = Encode(pipeline, {1, 2});
  EXPECT_EQ(sent.status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(sent.status.message(),
            "entry 1 of its update is -20 after uplink.stages: must be within +-fold.max_abs = 16");
}

// 15.9999 is within the grid; the nearest half is 16.
TEST(UpdatePipeline, FindsWhatTheCodecPushedBeyondTheGrid) {
  const UpdatePipeline pipeline = PipelineOf(2, {"uplink.codec=\"fp16\"", "fold.max_abs=15.9999"});
  const Encoded sent = Encode(pipeline, {0, 15.9998F});
  EXPECT_EQ(sent.status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(sent.status.message(),
            "entry 1 of its update is 15.9998 after uplink.stages and 16 after uplink.codec fp16: "
            "must be within +-fold.max_abs = 15.9999");
}

TEST(UpdatePipeline, SaysWhatCannotBeEncoded) {
  const UpdatePipeline pipeline =
      PipelineOf(2, {"uplink.codec=\"fp16\"", "fold.max_abs=100000", "fold.scale_bits=16"});
  const Encoded sent = Encode(pipeline, {0, 70000});
  EXPECT_EQ(sent.status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(std::string(sent.status.message()),
              ::testing::AllOf(HasSubstr("cannot be encoded as fp16"), HasSubstr("70000")));
}

}  // namespace
}  // namespace fedround::client
