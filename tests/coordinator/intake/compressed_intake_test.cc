// Uploads that are shorter than what they decode to.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "common/base/hash.h"
#include "coordinator/intake/upload_intake.h"
#include "tests/support/asks.h"

namespace fedround::coordinator {
namespace {

constexpr std::size_t kParameters = 1000;

// An open step of round 1 for clients 0, 1 and 2, with room for `buffer_bytes`.
class Compressed : public ::testing::Test {
 protected:
  explicit Compressed(std::vector<PlugIn> chain, std::uint64_t buffer_bytes)
      : codec(codec::MakeCodec("uplink.codec", chain, kParameters).value()),
        intake(
            {.grid = {},
             .sections = {{"update", codec}},
             .buffer_bytes = buffer_bytes,
             .run_id = "run"},
            [this](UploadHandle handle, const UpdateHeader&, const UploadTimes&) {
              received.push_back(handle);
            },
            [this](const UpdateHeader& header, const absl::Status&) {
              refused.push_back(header.client);
            }) {
    EXPECT_TRUE(codec->Encode(std::vector<float>(kParameters, 0.5F), payload).ok());
    const ClientId expected[] = {0, 1, 2};
    testing::ExpectAll(intake, expected);
  }
  UploadHandle Offer(ClientId client) {
    return intake
        .Offer(
            {.run_id = "run",
             .ask = testing::AskOf(client).id,
             .client = client,
             .model_id = 77,
             .sections = {{"update", std::string(codec->name()), kParameters, payload.size()}},
             .weight = 10},
            [this] { ++credits; }, [](const absl::Status&) {})
        .value();
  }

  std::shared_ptr<const codec::Codec> codec;
  std::vector<std::byte> payload;
  std::vector<UploadHandle> received;
  std::vector<ClientId> refused;
  int credits = 0;
  UploadIntake intake;
};

// A quarter of the bytes arrive, but all of the floats need room.
class Int8 : public Compressed {
 protected:
  Int8() : Compressed({{"int8", {}}}, 2 * kParameters * sizeof(float)) {}
};

TEST_F(Int8, ACreditCoversWhatTheUploadDecodesTo) {
  const UploadHandle first = Offer(0);
  Offer(1);
  Offer(2);
  EXPECT_EQ(credits, 2);
  EXPECT_EQ(intake.holdings().granted_bytes, 2 * kParameters * sizeof(float));
  intake.Abandon(first);
  EXPECT_EQ(credits, 3);
}

TEST_F(Int8, WhatIsFoldedIsDecoded) {
  const UploadHandle handle = Offer(0);
  for (const std::byte byte : payload) {
    ASSERT_TRUE(intake.Append(handle, {&byte, 1}).ok());
  }
  ASSERT_TRUE(intake.Finish(handle).ok());
  ASSERT_EQ(received.size(), 1U);
  intake.Accept(handle);
  ASSERT_EQ(intake.Payload(handle).size(), kParameters);
  for (const float entry : intake.Payload(handle)) EXPECT_NEAR(entry, 0.5F, 1e-5);
}

class TopK : public Compressed {
 protected:
  TopK() : Compressed({{"topk", {{"k", 0.01}}}}, 1 << 20) {}
};

TEST_F(TopK, ACreditCoversTheIndicesToo) {
  Offer(0);
  EXPECT_EQ(intake.holdings().granted_bytes, (kParameters + 10) * sizeof(float));
}

TEST_F(TopK, WhatDoesNotDecodeIsRefusedAndMayBeSentAgain) {
  const UploadHandle bad = Offer(0);
  std::vector<std::byte> twice = payload;
  std::copy_n(twice.begin(), sizeof(std::uint32_t), twice.begin() + sizeof(std::uint32_t));
  const absl::Status status = intake.Append(bad, twice);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(refused, std::vector<ClientId>{0});
  intake.Abandon(bad);
  EXPECT_EQ(intake.holdings().uploads, 0U);
  const UploadHandle good = Offer(0);
  ASSERT_TRUE(intake.Append(good, payload).ok());
  EXPECT_TRUE(intake.Finish(good).ok());
  EXPECT_EQ(received, std::vector<UploadHandle>{good});
}

// The buffer of the pool that the next upload gets holds the numbers of another.
TEST_F(TopK, WhatIsLeftOutIsZeroWhateverTheMemoryHeld) {
  FloatBuffer dirty = intake.BorrowBuffer();
  std::ranges::fill(dirty.span(), 7.0F);
  intake.ReturnBuffer(std::move(dirty));
  const UploadHandle handle = Offer(0);
  ASSERT_TRUE(intake.Append(handle, payload).ok());
  ASSERT_TRUE(intake.Finish(handle).ok());
  intake.Accept(handle);
  const std::span<const float> values = intake.Payload(handle);
  EXPECT_EQ(std::ranges::count(values, 0.5F), 10);
  EXPECT_EQ(std::ranges::count(values, 0.0F), static_cast<std::ptrdiff_t>(kParameters) - 10);
}

}  // namespace
}  // namespace fedround::coordinator
