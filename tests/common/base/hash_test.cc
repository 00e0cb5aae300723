#include "common/base/hash.h"

#include <gtest/gtest.h>

#include <span>
#include <string>

namespace fedround {
namespace {

std::span<const std::byte> Bytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// FIPS 180-2, appendix B.1.
TEST(Sha256, MeetsTheKnownAnswer) {
  EXPECT_EQ(Sha256Hex(absl::string_view("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, PartsGiveTheHashOfTheWhole) {
  const absl::string_view parts[] = {"a", "", "bc"};
  EXPECT_EQ(Sha256Hex(parts), Sha256Hex(absl::string_view("abc")));
}

// The value of the empty input in xxHash's own documentation of XXH3.
TEST(Xxh3, MeetsTheKnownAnswer) { EXPECT_EQ(Xxh3({}), 0x2d06800538d394c2U); }

TEST(Xxh3Stream, AnyCutGivesTheSameDigest) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += std::to_string(i * i);
  const std::uint64_t whole = Xxh3(Bytes(text));
  for (const std::size_t piece : {1U, 7U, 64U, 1023U}) {
    Xxh3Stream stream;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      stream.Append(Bytes(text).subspan(at, std::min(piece, text.size() - at)));
    }
    EXPECT_EQ(stream.Digest(), whole) << piece;
  }
}

TEST(RandomHex, GivesAnotherValueEachTime) {
  EXPECT_EQ(RandomHex(16).size(), 32U);
  EXPECT_NE(RandomHex(16), RandomHex(16));
}

}  // namespace
}  // namespace fedround
