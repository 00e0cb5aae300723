// Which chains there are, and what they are called.
#include <gtest/gtest.h>

#include "tests/common/codec/coding.h"

namespace fedround::codec {
namespace {

std::string Refused(const std::vector<PlugIn>& chain, std::size_t elements = 10) {
  const absl::Status status = MakeCodec("uplink.codec", chain, elements).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(CodecChain, EmptyIsFloat32) { EXPECT_EQ(Make({}, 10)->name(), "float32"); }

TEST(CodecChain, SelectionAloneIsFollowedByFloat32) {
  EXPECT_EQ(Make({{"topk", {}}}, 10)->name(), "topk{k=0.01}+float32");
}

TEST(CodecChain, NameHasAllOptionsAndSteps) {
  EXPECT_EQ(Make({{"topk", {{"k", 0.25}}}, {"int8", {}}}, 10)->name(), "topk{k=0.25}+int8");
}

TEST(CodecChain, NameTellsCloseOptionsApart) {
  EXPECT_EQ(Make({{"topk", {{"k", 0.123456789}}}}, 10)->name(), "topk{k=0.123456789}+float32");
}

TEST(CodecChain, NothingFollowsNumbers) {
  EXPECT_EQ(Refused({{"int8", {}}, {"topk", {}}}),
            "uplink.codec: \"topk\" cannot follow \"int8\", which turns numbers into bytes "
            "and must be the last");
  EXPECT_EQ(Refused({{"fp16", {}}, {"int8", {}}}),
            "uplink.codec: \"int8\" cannot follow \"fp16\", which turns numbers into bytes "
            "and must be the last");
}

TEST(CodecChain, OnlyNumbersFollowASelection) {
  EXPECT_EQ(Refused({{"topk", {}}, {"topk", {}}}),
            "uplink.codec: \"topk\" cannot follow \"topk\"; what can: float32, fp16, int8");
}

TEST(CodecChain, NamesTheNearest) {
  EXPECT_EQ(Refused({{"int4", {}}}),
            "uplink.codec: unknown codec \"int4\"; did you mean \"int8\"? (known: float32, fp16, "
            "int8, topk)");
}

TEST(CodecChain, RefusesOptionsOutOfRange) {
  EXPECT_EQ(Refused({{"topk", {{"k", 0.0}}}}), "uplink.codec.k = 0: must be in [1e-09, 1]");
  EXPECT_EQ(Refused({{"topk", {{"k", 1.5}}}}), "uplink.codec.k = 1.5: must be in [1e-09, 1]");
}

TEST(CodecChain, RefusesMoreEntriesThanAnIndexCounts) {
  EXPECT_EQ(Refused({{"topk", {}}}, std::size_t{1} << 32),
            "uplink.codec: topk: 4294967296 entries: at most 4294967295");
  EXPECT_EQ(Make({{"topk", {}}}, (std::size_t{1} << 32) - 1)->facts().max_bytes,
            8 * std::uint64_t{42949673});
}

TEST(Codecs, ListsTheTable) {
  ASSERT_FALSE(Codecs().empty());
  for (const PlugInInfo& info : Codecs()) EXPECT_FALSE(info.summary.empty()) << info.name;
}

}  // namespace
}  // namespace fedround::codec
