#include "common/data/datasets/npz_clients.h"

#include <gmock/gmock.h>

#include <limits>

#include "common/data/client_names.h"
#include "common/data/limits.h"
#include "tests/common/data/data_files.h"

namespace fedround::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

NaturalClients Decode(const std::string& npy) {
  auto clients = DecodeClientIds(BytesOf(npy), "client_id");
  EXPECT_TRUE(clients.ok()) << clients.status();
  return clients.ok() ? *std::move(clients) : NaturalClients{};
}

std::string ErrorOf(const std::string& npy) {
  return DecodeClientIds(BytesOf(npy), "client_id").status().ToString();
}

template <typename T>
std::string Integers(const std::string& descr, const std::vector<T>& ids) {
  return NpyFile(descr, {ids.size()}, RawBytes(ids));
}

// As NumPy has texts of `width` characters: code points, padded with NULs.
std::string Texts(std::size_t width, const std::vector<std::u32string>& ids) {
  std::string values;
  for (std::u32string id : ids) {
    id.resize(width);
    for (const char32_t c : id) values += Little(static_cast<std::uint32_t>(c));
  }
  return NpyFile(absl::StrCat("<U", width), {ids.size()}, values);
}

TEST(DecodeClientIds, LeavesNumbersWithoutGapsAsTheyAre) {
  const NaturalClients clients = Decode(Integers<std::int64_t>("<i8", {2, 0, 1, 2}));
  EXPECT_THAT(clients.of_rows, ElementsAre(2, 0, 1, 2));
  EXPECT_THAT(clients.names, IsEmpty());
}

TEST(DecodeClientIds, RenumbersWhatHasGaps) {
  const NaturalClients clients = Decode(Integers<std::int32_t>("<i4", {30, -7, 1000, 30}));
  EXPECT_THAT(clients.of_rows, ElementsAre(1, 0, 2, 1));
  EXPECT_THAT(UnpackNames(clients.names), ElementsAre("-7", "30", "1000"));
}

TEST(DecodeClientIds, RenumbersWhatDoesNotStartAtZero) {
  const NaturalClients clients = Decode(Integers<std::uint8_t>("|u1", {2, 1}));
  EXPECT_THAT(clients.of_rows, ElementsAre(1, 0));
  EXPECT_THAT(UnpackNames(clients.names), ElementsAre("1", "2"));
}

TEST(DecodeClientIds, TakesIntegersOfAnySize) {
  constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();
  const NaturalClients clients = Decode(Integers<std::uint64_t>("<u8", {kLargest, 5}));
  EXPECT_THAT(clients.of_rows, ElementsAre(1, 0));
  EXPECT_THAT(UnpackNames(clients.names), ElementsAre("5", "18446744073709551615"));
}

TEST(DecodeClientIds, SortsTextsByCodePoints) {
  const NaturalClients clients = Decode(Texts(6, {U"zoë", U"bob", U"Ann", U"𝔷", U"bob", U""}));
  EXPECT_THAT(clients.of_rows, ElementsAre(3, 2, 1, 4, 2, 0));
  EXPECT_THAT(UnpackNames(clients.names), ElementsAre("", "Ann", "bob", "zoë", "𝔷"));
}

TEST(DecodeClientIds, ReadsBytesAsAscii) {
  const NaturalClients clients = Decode(NpyFile("|S3", {2, 1}, std::string("bobab\0", 6)));
  EXPECT_THAT(clients.of_rows, ElementsAre(1, 0));
  EXPECT_THAT(UnpackNames(clients.names), ElementsAre("ab", "bob"));
}

TEST(DecodeClientIds, ReadsBigEndianTexts) {
  const NaturalClients clients =
      Decode(NpyFile(">U2", {2}, std::string("\0\0\0b\0\0\0\0\0\0\0a\0\0\0z", 16)));
  EXPECT_THAT(UnpackNames(clients.names), ElementsAre("az", "b"));
}

TEST(DecodeClientIds, RefusesBytesBeyondAscii) {
  EXPECT_THAT(ErrorOf(NpyFile("|S1", {2}, "a\xff")), HasSubstr("client_id: row 1: a client id of"));
}

TEST(DecodeClientIds, RefusesWhatIsNoUnicode) {
  EXPECT_THAT(ErrorOf(Texts(1, {U"a", std::u32string(1, char32_t{0xd800})})),
              HasSubstr("client_id: row 1: a client id that is not valid Unicode"));
  EXPECT_THAT(ErrorOf(Texts(1, {std::u32string(1, char32_t{0x110000})})), HasSubstr("row 0"));
}

TEST(DecodeClientIds, RefusesNulInsideAText) {
  EXPECT_THAT(ErrorOf(Texts(3, {std::u32string(U"a\0b", 3)})), HasSubstr("NUL"));
}

TEST(DecodeClientIds, RefusesLongTexts) {
  EXPECT_EQ(
      UnpackNames(
          Decode(Texts(kMaxClientNameBytes, {std::u32string(kMaxClientNameBytes, U'a')})).names)[0]
          .size(),
      kMaxClientNameBytes);
  EXPECT_THAT(ErrorOf(Texts(kMaxClientNameBytes, {std::u32string(kMaxClientNameBytes, U'ë')})),
              HasSubstr("more than 1024 bytes"));
}

TEST(DecodeClientIds, RefusesOtherTypesAndShapes) {
  EXPECT_THAT(
      ErrorOf(NpyFile("<f4", {1}, "abcd")),
      HasSubstr("client_id: dtype float32, shape (1,): client ids must be integers or texts; "
                "save client_id.astype(\"int64\")"));
  EXPECT_THAT(ErrorOf(NpyFile("|O", {1}, "pickle")), HasSubstr("save client_id.astype(str)"));
  EXPECT_THAT(ErrorOf(NpyFile("<i8", {0}, "")),
              HasSubstr("each training example needs a client id"));
  EXPECT_THAT(ErrorOf(NpyFile("|u1", {1, 2}, "ab")), HasSubstr("must have one axis"));
}

TEST(ClientText, NamesAClientThatHasAName) {
  const std::string names = PackNames({"a\n", "b"});
  EXPECT_EQ(ClientText(0, names), "client 0 (\"a\\n\")");
  EXPECT_EQ(ClientText(2, names), "client 2");
  EXPECT_EQ(ClientText(0, ""), "client 0");
}

}  // namespace
}  // namespace fedround::data
