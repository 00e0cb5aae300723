#include "common/data/formats/inflate.h"

#include <gmock/gmock.h>

#include "tests/common/data/data_files.h"

namespace fedround::data {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(const std::string& file) {
  return Gunzip(BytesOf(file), "f.gz").status().ToString();
}

std::string WithClaimedSize(std::string file, std::uint32_t size) {
  return file.replace(file.size() - 4, 4, Little(size));
}

TEST(Gunzip, GivesBackWhatWasCompressed) {
  const std::string contents(100'000, 'x');
  const std::string file = GzipFile(contents);
  const auto inflated = Gunzip(BytesOf(file), "f.gz");
  ASSERT_TRUE(inflated.ok()) << inflated.status();
  ASSERT_EQ(inflated->size(), contents.size());
  EXPECT_EQ(std::memcmp(inflated->data(), contents.data(), contents.size()), 0);
}

TEST(Gunzip, RefusesEveryTruncation) {
  const std::string file = GzipFile("some contents that are not very long");
  for (std::size_t length = 0; length < file.size(); ++length) {
    EXPECT_FALSE(Gunzip(BytesOf(file.substr(0, length)), "f.gz").ok()) << length;
  }
}

TEST(Gunzip, SurvivesEveryDamagedByte) {
  const std::string contents = "some contents that are not very long";
  const std::string file = GzipFile(contents);
  for (std::size_t i = 0; i < file.size(); ++i) {
    std::string damaged = file;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    const auto inflated = Gunzip(BytesOf(damaged), "f.gz");
    // The header has bytes without a checksum (time, operating system).
    if (inflated.ok()) {
      EXPECT_EQ(std::memcmp(inflated->data(), contents.data(), contents.size()), 0) << i;
    }
  }
}

std::string Inflated(const std::string& file) {
  const auto inflated = Gunzip(BytesOf(file), "f.gz");
  EXPECT_TRUE(inflated.ok()) << inflated.status();
  if (!inflated.ok()) return "";
  return {reinterpret_cast<const char*>(inflated->data()), inflated->size()};
}

TEST(Gunzip, ReadsSeveralMembers) {
  const std::string long_one(200'000, 'x');
  EXPECT_EQ(Inflated(GzipFile("con") + GzipFile("") + GzipFile(long_one) + GzipFile("ts")),
            "con" + long_one + "ts");
  EXPECT_EQ(Inflated(GzipFile("contents") + GzipFile("")), "contents");
  // The last one's size is what Gunzip tries first.
  EXPECT_EQ(Inflated(GzipFile("abc") + GzipFile("abc")), "abcabc");
}

TEST(Gunzip, ReadsOverZeroPadding) {
  for (const std::size_t zeros : {1U, 4U, 511U}) {
    EXPECT_EQ(Inflated(GzipFile("contents") + std::string(zeros, '\0')), "contents") << zeros;
  }
}

TEST(Gunzip, ReadsNothing) { EXPECT_EQ(Inflated(GzipFile("")), ""); }

TEST(Gunzip, RefusesEveryTruncationOfASecondMember) {
  const std::string first = GzipFile("some contents");
  const std::string file = first + GzipFile("and some more");
  for (std::size_t length = first.size() + 1; length < file.size(); ++length) {
    EXPECT_FALSE(Gunzip(BytesOf(file.substr(0, length)), "f.gz").ok()) << length;
  }
}

TEST(Gunzip, RefusesTrailingBytes) {
  // The last four bytes still claim the right size.
  const std::string file = GzipFile("contents") + std::string(12, '\0') + Little(std::uint32_t{8});
  EXPECT_THAT(ErrorOf(file), HasSubstr("16 bytes too many"));
}

TEST(Gunzip, RefusesASizeThatIsTooSmall) {
  EXPECT_THAT(ErrorOf(WithClaimedSize(GzipFile("contents"), 7)),
              HasSubstr("damaged compressed data: incorrect length check"));
}

TEST(Gunzip, RefusesASizeThatIsTooLarge) {
  EXPECT_FALSE(Gunzip(BytesOf(WithClaimedSize(GzipFile("contents"), 9)), "f.gz").ok());
}

TEST(Gunzip, TakesNoMemoryForASizeThatCannotBe) {
  EXPECT_THAT(ErrorOf(WithClaimedSize(GzipFile("contents"), 0xfffffff0)),
              HasSubstr("incorrect length check"));
}

TEST(Gunzip, NamesTheFileAndTheByte) {
  std::string file = GzipFile("contents");
  file[10] = '\x07';  // a block of a type that is not
  EXPECT_THAT(ErrorOf(file), HasSubstr("f.gz: byte 11: damaged compressed data"));
}

}  // namespace
}  // namespace fedround::data
