// The memory that decoders hold: a coordinator grants credits by it.
#include <gtest/gtest.h>
#include <malloc.h>

#include "tests/common/codec/coding.h"
#include "tests/support/codec_chains.h"
#include "tests/support/sanitized.h"

namespace fedround::codec {
namespace {

std::size_t AllocatedBytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(DecoderMemory, IsWhatTheFactsSay) {
  constexpr std::size_t kSize = 100003;
  constexpr std::size_t kObjects = 8192;  // and what an allocator rounds up
  // mallinfo2 knows nothing of a sanitizer's allocator; the release build measures.
  if (testing::kSanitized) GTEST_SKIP() << "a sanitizer's allocator does not count";
  for (const Chain& chain : CodecChains()) {
    const auto codec = Make(chain, kSize);
    const Bytes payload = Encoded(*codec, std::vector<float>(kSize, 0.5F));
    std::vector<float> values(kSize);
    const std::size_t before = AllocatedBytes();
    std::size_t most = before;
    const auto decoder = codec->MakeDecoder(values);
    for (std::size_t at = 0; at < payload.size(); at += 1000) {
      most = std::max(most, AllocatedBytes());
      const std::size_t count = std::min<std::size_t>(1000, payload.size() - at);
      ASSERT_TRUE(decoder->Append(std::span(payload).subspan(at, count)).ok());
    }
    most = std::max(most, AllocatedBytes());
    EXPECT_LE(most - before, codec->facts().decoder_bytes + kObjects) << codec->name();
    EXPECT_GE(most - before + kObjects, codec->facts().decoder_bytes) << codec->name();
  }
}

}  // namespace
}  // namespace fedround::codec
