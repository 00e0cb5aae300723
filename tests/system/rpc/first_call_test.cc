// The bytes of a connection up to its first call, without a connection.
#include "coordinator/rpc/listener/http2/first_call.h"

#include "absl/strings/escaping.h"
#include "coordinator/rpc/listener/http2/header_block.h"
#include "gtest/gtest.h"
#include "tests/system/rpc/http2_peer.h"

namespace fedround::testing {
namespace {

using coordinator::FindHeader;
using coordinator::FirstCall;
using coordinator::kMaxOpeningBytes;
using coordinator::ReadFirstCall;

// "" for none, "error: ..." for bytes that are refused.
std::string BlockOf(const std::string& bytes) {
  const absl::StatusOr<std::optional<FirstCall>> call = ReadFirstCall(bytes);
  if (!call.ok()) return "error: " + std::string(call.status().message());
  return call->has_value() ? (*call)->header_block : "";
}

bool IsError(const std::string& bytes) { return BlockOf(bytes).starts_with("error: "); }

std::string ValueOf(const std::string& block, absl::string_view name) {
  const absl::StatusOr<std::optional<std::string>> value = FindHeader(block, name);
  if (!value.ok()) return "error: " + std::string(value.status().message());
  return value->value_or("none");
}

TEST(FirstCall, IsNotThereUntilItsLastByte) {
  const std::string opening = Preface() + HeadersOf(7, "block");
  for (std::size_t size = 0; size < opening.size(); ++size) {
    EXPECT_EQ(BlockOf(opening.substr(0, size)), "") << size;
  }
  const FirstCall call = ReadFirstCall(opening)->value();
  EXPECT_EQ(call.header_block, "block");
  EXPECT_EQ(call.stream, 7U);
}

TEST(FirstCall, IsTheSameWhateverFollows) {
  const std::string opening = Preface() + HeadersOf(1, "block");
  EXPECT_EQ(BlockOf(opening + HeadersOf(3, "other")), "block");
  EXPECT_EQ(BlockOf(opening + std::string(2 * kMaxOpeningBytes, 'x')), "block");
}

TEST(FirstCall, MayHavePaddingAndPriority) {
  const std::string padded = std::string("\3") + "block" + "xxx";
  const std::string prior = std::string(5, 'p') + "block";
  const std::string both = std::string("\3") + std::string(5, 'p') + "block" + "xxx";
  const auto with = [](char flags, const std::string& payload) {
    return BlockOf(Preface() +
                   FrameOf(kHeadersFrame, static_cast<char>(kEndHeaders | flags), 1, payload));
  };
  EXPECT_EQ(with(kPadded, padded), "block");
  EXPECT_EQ(with(kPriority, prior), "block");
  EXPECT_EQ(with(kPadded | kPriority, both), "block");
}

TEST(FirstCall, MayBeSplit) {
  const std::string start = Preface() + FrameOf(kHeadersFrame, kNoFlags, 1, "bl") +
                            FrameOf(kContinuationFrame, kNoFlags, 1, "o");
  EXPECT_EQ(BlockOf(start), "");
  EXPECT_EQ(BlockOf(start + FrameOf(kContinuationFrame, kEndHeaders, 1, "ck")), "block");
  EXPECT_TRUE(IsError(start + FrameOf(kContinuationFrame, kEndHeaders, 3, "ck")));
  EXPECT_TRUE(IsError(start + HeadersOf(1, "ck")));
}

TEST(FirstCall, IsHttp2) {
  EXPECT_TRUE(IsError("GET / HTTP/1.1"));
  EXPECT_TRUE(IsError(std::string(1, '\x16')));  // TLS
  EXPECT_TRUE(IsError(Preface().substr(0, 23) + "x"));
}

TEST(FirstCall, HasItsHeadersFirst) {
  EXPECT_TRUE(IsError(Preface() + FrameOf(kDataFrame, kNoFlags, 1, "x")));
  EXPECT_TRUE(IsError(Preface() + FrameOf(kContinuationFrame, kEndHeaders, 1, "x")));
}

TEST(FirstCall, RefusesHeadersThatAreAllPadding) {
  const auto padded = [](const std::string& payload) {
    return Preface() + FrameOf(kHeadersFrame, kEndHeaders | kPadded, 1, payload);
  };
  EXPECT_TRUE(
      IsError(padded("\5"
                     "xxxx")));
  EXPECT_TRUE(IsError(padded("")));
  EXPECT_TRUE(IsError(Preface() + FrameOf(kHeadersFrame, kEndHeaders | kPriority, 1, "xxxx")));
}

TEST(FirstCall, ComesWithinSomeBytes) {
  const std::string opening =
      Preface() + FrameOf(kSettingsFrame, kNoFlags, 0, std::string(20'000, 'x'));
  EXPECT_EQ(BlockOf(opening.substr(0, kMaxOpeningBytes - 1)), "");
  EXPECT_TRUE(IsError(opening.substr(0, kMaxOpeningBytes)));
}

TEST(HeaderBlock, HasAFieldThatIsRemembered) {
  EXPECT_EQ(ValueOf(CallFields("Join", "abc"), "fedround-token"), "abc");
  EXPECT_EQ(ValueOf(CallFields("Join"), "fedround-token"), "none");
}

TEST(HeaderBlock, HasAFieldThatIsNot) {
  for (const char kind : {'\x00', '\x10'}) {
    EXPECT_EQ(ValueOf(std::string{kind} + "\4name" + "\5value", "name"), "value");
  }
}

// RFC 7541, C.4.3.
TEST(HeaderBlock, UnpacksHuffmanCodes) {
  constexpr char kBlock[] = "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf";
  EXPECT_EQ(ValueOf(absl::HexStringToBytes(kBlock), "custom-key"), "custom-value");
}

// The symbols from ' ' to '~', each by the code of RFC 7541, Appendix B, one after the other.
TEST(HeaderBlock, KnowsTheCodeOfEachPrintableSymbol) {
  constexpr absl::string_view kPacked =
      "53f8fe7febff2afc7fafebfbf9ff7f4b2ec002265a6dc75e7ee7dfffc83feffc"
      "ffd4376f5fc187163c997367d1a756bd9b776fe1c797e73fdffdffff0ffe7ff9"
      "17ffd1c6490b2cd39ba75a29a8f5f6b109b7bf8f3ebdfffeff9ffefff7";
  const std::string packed = absl::HexStringToBytes(kPacked);
  ASSERT_LT(packed.size(), 127U);
  std::string text;
  for (char symbol = ' '; symbol <= '~'; ++symbol) text.push_back(symbol);
  const std::string block =
      std::string("\x40\4name") + static_cast<char>(0x80 | packed.size()) + packed;
  EXPECT_EQ(ValueOf(block, "name"), text);
}

TEST(HeaderBlock, HasTheFirstOfTwo) {
  EXPECT_EQ(ValueOf(FieldOf("name", "first") + FieldOf("name", "second"), "name"), "first");
}

TEST(HeaderBlock, IsReadPastWhatItRefersTo) {
  // Two entries by index, one of them far off; a name by index; a new size of the table.
  const std::string others = std::string("\x82\xff\x20\x44\5/path\x3f\xe1\x1f");
  EXPECT_EQ(ValueOf(others + FieldOf("name", "value"), "name"), "value");
}

TEST(HeaderBlock, RefusesWhatIsCutOff) {
  const std::string block = FieldOf("name", std::string(126, 'v'));
  for (std::size_t size = 1; size < block.size(); ++size) {
    EXPECT_NE(ValueOf(block.substr(0, size), "name").find("error: "), std::string::npos) << size;
  }
  EXPECT_NE(ValueOf("\xff\xff\xff\xff\xff\xff\xff\x7f", "name").find("error: "), std::string::npos);
}

TEST(HeaderBlock, RefusesAPackedTokenWithBadPadding) {
  const auto packed = [](const std::string& value) {
    return std::string("\x40\4name") + static_cast<char>(0x80 | value.size()) + value;
  };
  EXPECT_EQ(ValueOf(packed("\x1f"), "name"), "a");  // 00011 and three ones
  EXPECT_NE(ValueOf(packed("\x18"), "name").find("error: "), std::string::npos);
  EXPECT_NE(ValueOf(packed("\x1f\xff"), "name").find("error: "), std::string::npos);
  EXPECT_NE(ValueOf(packed("\xff\xff\xff\xff"), "name").find("error: "), std::string::npos);
}

TEST(RefusalFrame, IsOneFrameThatEndsTheCall) {
  const std::string message(300, 'm');
  const std::string refusal = coordinator::RefusalFrame(5, message);
  const auto byte = [&](std::size_t i) -> std::size_t {
    return static_cast<unsigned char>(refusal[i]);
  };
  EXPECT_EQ(9U + (byte(0) << 16) + (byte(1) << 8) + byte(2), refusal.size());
  EXPECT_EQ(refusal[3], kHeadersFrame);
  EXPECT_EQ(refusal[4], kEndStream | kEndHeaders);
  EXPECT_EQ(byte(8), 5U);
  const std::string block = refusal.substr(9);
  EXPECT_EQ(ValueOf(block, "grpc-status"), "16");
  EXPECT_EQ(ValueOf(block, "grpc-message"), message);
}

}  // namespace
}  // namespace fedround::testing
