#include "common/data/formats/zip.h"

#include <gmock/gmock.h>

#include "tests/common/data/data_files.h"

namespace fedround::data {
namespace {

using ::testing::HasSubstr;

// Where things are in OneMember(): local header, "a.npy", "hello", directory entry, "a.npy", end
// record.
constexpr std::size_t kLocal = 0;
constexpr std::size_t kContents = 35;
constexpr std::size_t kEntry = 40;
constexpr std::size_t kEnd = 91;

std::string OneMember() { return ZipFile({{"a.npy", "hello"}}); }

std::string Error(const std::string& file) {
  const auto archive = ZipArchive::Open(BytesOf(file), "f.zip");
  if (!archive.ok()) return archive.status().ToString();
  return archive->Read("a.npy").status().ToString();
}

template <typename T>
std::string Patched(std::size_t offset, T value) {
  return OneMember().replace(offset, sizeof(T), Little(value));
}

TEST(Zip, ReadsAStoredMember) {
  const std::string file = OneMember();
  const auto archive = ZipArchive::Open(BytesOf(file), "f.zip");
  ASSERT_TRUE(archive.ok()) << archive.status();
  const auto contents = archive->Read("a.npy");
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(std::memcmp(contents->data(), "hello", 5), 0);
}

TEST(Zip, NamesTheMembersWhenOneIsMissing) {
  const std::string file = OneMember();
  EXPECT_THAT(ZipArchive::Open(BytesOf(file), "f.zip")->Read("b.npy").status().ToString(),
              HasSubstr("f.zip: has no member b.npy (it has a.npy)"));
}

TEST(Zip, RefusesEveryTruncation) {
  const std::string file = OneMember();
  for (std::size_t length = 0; length < file.size(); ++length) {
    EXPECT_NE(Error(file.substr(0, length)), "OK") << length;
  }
}

TEST(Zip, RefusesTrailingBytes) { EXPECT_THAT(Error(OneMember() + "x"), HasSubstr("end record")); }

TEST(Zip, RefusesDamagedContents) {
  EXPECT_THAT(Error(Patched(kContents, 'j')), HasSubstr("CRC-32"));
}

TEST(Zip, RefusesContentsBeyondTheFiles) {
  EXPECT_THAT(Error(Patched(kEntry + 20, std::uint32_t{6})),
              HasSubstr("needs 6 bytes, 5 are left"));
}

TEST(Zip, RefusesAMemberThatBeginsBeyondTheFiles) {
  EXPECT_THAT(Error(Patched(kEntry + 42, std::uint32_t{4000})), HasSubstr("begins beyond"));
}

TEST(Zip, RefusesAStoredMemberOfTwoSizes) {
  EXPECT_THAT(Error(Patched(kEntry + 24, std::uint32_t{4})), HasSubstr("claims 4"));
}

TEST(Zip, RefusesZip64) {
  EXPECT_THAT(Error(Patched(kEntry + 24, std::uint32_t{0xffffffff})), HasSubstr("zip64"));
}

TEST(Zip, RefusesEncryption) {
  EXPECT_THAT(Error(Patched(kEntry + 8, std::uint16_t{1})), HasSubstr("encrypted"));
}

TEST(Zip, RefusesOtherCompression) {
  EXPECT_THAT(Error(Patched(kEntry + 10, std::uint16_t{12})), HasSubstr("method 12"));
}

TEST(Zip, RefusesALocalHeaderWithAnotherName) {
  EXPECT_THAT(Error(Patched(kLocal + 30, 'b')), HasSubstr("another name"));
}

TEST(Zip, RefusesMoreMembersThanTheLimit) {
  std::string file = Patched(kEnd + 8, std::uint16_t{2000});
  file.replace(kEnd + 10, 2, Little(std::uint16_t{2000}));
  EXPECT_THAT(Error(file), HasSubstr("the limit is 1024"));
}

TEST(Zip, RefusesTheSameNameTwice) {
  EXPECT_THAT(Error(ZipFile({{"a.npy", "hello"}, {"a.npy", "hullo"}})), HasSubstr("twice"));
}

}  // namespace
}  // namespace fedround::data
