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

Encoded Encode(const UpdatePipeline& pipeline, std::vector<float> update, ClientState& state,
               AskId ask) {
  Encoded encoded;
  PayloadMemory memory;
  encoded.header.ask = ask;
  const auto payload = pipeline.Encode(update, {}, memory, state, encoded.header);
  encoded.status = payload.status();
  if (!payload.ok()) return encoded;
  encoded.payload.assign(payload->begin(), payload->end());
  encoded.is_the_update = payload->data() == std::as_bytes(std::span(update)).data();
  return encoded;
}

Encoded Encode(const UpdatePipeline& pipeline, std::vector<float> update) {
  ClientState state;
  return Encode(pipeline, std::move(update), state, 1);
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
            "entry 1 of its update is 15.9998, and 16 after uplink.codec fp16: "
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

// A client's rounds, in each of which `counts` says whether the answer was folded:
// what was sent and counted, and what is left at the end, is the sum of what training made.
class ErrorFeedback : public ::testing::Test {
 protected:
  static constexpr std::size_t kSize = 6;

  // The sum of what counted of `rounds` updates and of what is remembered after them.
  std::vector<double> SumOf(const UpdatePipeline& pipeline, const std::vector<bool>& counts) {
    const auto codec = codec::MakeCodec("codec", codec_, kSize).value();
    ClientState state;
    std::uint32_t counted = 0;
    std::vector<double> sum(kSize, 0.0);
    for (std::uint32_t round = 1; round <= counts.size(); ++round) {
      EXPECT_TRUE(state.Settle(counted).ok());
      const Encoded sent = Encode(pipeline, UpdateOf(round), state, round);
      EXPECT_TRUE(sent.status.ok()) << sent.status;
      if (!counts[round - 1]) continue;
      counted = round;
      std::vector<float> decoded(kSize);
      const auto decoder = codec->MakeDecoder(decoded);
      EXPECT_TRUE(decoder->Append(sent.payload).ok() && decoder->Finish().ok());
      for (std::size_t i = 0; i < kSize; ++i) sum[i] += decoded[i];
    }
    EXPECT_TRUE(state.Settle(counted).ok());
    const std::span<const float> left = state.Find("left_out");
    for (std::size_t i = 0; i < left.size(); ++i) sum[i] += left[i];
    return sum;
  }
  // Multiples of 1/8, so that no sum of them is rounded.
  static std::vector<float> UpdateOf(std::uint32_t round) {
    std::vector<float> update;
    for (std::uint32_t i = 0; i < kSize; ++i) {
      update.push_back(static_cast<float>((round * 7 + i * 11) % 17) / 8 - 1);
    }
    return update;
  }
  static std::vector<double> SumOfUpdates(const std::vector<bool>& counts) {
    std::vector<double> sum(kSize, 0.0);
    for (std::uint32_t round = 1; round <= counts.size(); ++round) {
      if (!counts[round - 1]) continue;
      for (std::size_t i = 0; i < kSize; ++i) sum[i] += UpdateOf(round)[i];
    }
    return sum;
  }

  const std::vector<PlugIn> codec_ = {{"topk", {{"k", 0.3}}}};
  const UpdatePipeline pipeline_ = PipelineOf(kSize, {"uplink.codec=[{name = \"topk\", k = 0.3}]"});
};

TEST_F(ErrorFeedback, LosesNothing) {
  const std::vector<bool> all(20, true);
  EXPECT_EQ(SumOf(pipeline_, all), SumOfUpdates(all));
}

TEST_F(ErrorFeedback, LeavesOutWhatDidNotCount) {
  const std::vector<bool> some = {false, true, true, false, false, true, true, false, true, false};
  EXPECT_EQ(SumOf(pipeline_, some), SumOfUpdates(some));
}

// Each update is within the grid, their sum soon is not.
TEST_F(ErrorFeedback, SendsInPartsWhatHasGrownBeyondTheGrid) {
  const UpdatePipeline pipeline =
      PipelineOf(kSize, {"uplink.codec=[{name = \"topk\", k = 0.3}]", "fold.max_abs=1"});
  const std::vector<bool> all(40, true);
  const std::vector<double> sum = SumOf(pipeline, all);
  for (std::size_t i = 0; i < kSize; ++i) EXPECT_NEAR(sum[i], SumOfUpdates(all)[i], 1e-5);
}

TEST_F(ErrorFeedback, IsOnlyForCodecsThatLeaveOutEntries) {
  EXPECT_TRUE(pipeline_.remembers());
  EXPECT_FALSE(PipelineOf(kSize, {"uplink.codec=\"int8\""}).remembers());
  EXPECT_FALSE(PipelineOf(kSize, {"uplink.codec=[{name = \"topk\", k = 1}]"}).remembers());
  EXPECT_FALSE(
      PipelineOf(kSize, {"uplink.codec=[\"topk\"]", "uplink.error_feedback=false"}).remembers());
}

TEST_F(ErrorFeedback, SendsThePlainUpdateWithoutIt) {
  const UpdatePipeline pipeline = PipelineOf(
      kSize, {"uplink.codec=[{name = \"topk\", k = 0.3}]", "uplink.error_feedback=false"});
  ClientState state;
  Encode(pipeline, UpdateOf(1), state, 1);
  EXPECT_FALSE(state.Settle(1).ok());  // nothing was staged
}

}  // namespace
}  // namespace fedround::client
