#include "common/data/formats/idx.h"

#include <gmock/gmock.h>

#include "tests/common/data/data_files.h"

namespace fedround::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ErrorOf(const std::string& file) {
  return ParseIdx(BytesOf(file), "f.idx").status().ToString();
}

TEST(ParseIdx, ReadsShapeAndValues) {
  const std::string file = IdxFile({2, 1, 3}, "abcdef");
  const auto array = ParseIdx(BytesOf(file), "f.idx");
  ASSERT_TRUE(array.ok()) << array.status();
  EXPECT_THAT(array->shape, ElementsAre(2, 1, 3));
  EXPECT_EQ(std::memcmp(array->values.data(), "abcdef", 6), 0);
}

TEST(ParseIdx, RefusesEveryTruncation) {
  const std::string file = IdxFile({2, 3}, "abcdef");
  for (std::size_t length = 0; length < file.size(); ++length) {
    EXPECT_FALSE(ParseIdx(BytesOf(file.substr(0, length)), "f.idx").ok()) << length;
  }
}

TEST(ParseIdx, RefusesTrailingBytesAndSaysWhere) {
  EXPECT_THAT(ErrorOf(IdxFile({2, 3}, "abcdef!")), HasSubstr("f.idx: byte 18: 1 bytes too many"));
}

TEST(ParseIdx, RefusesAWrongMagic) {
  EXPECT_THAT(ErrorOf("PK" + IdxFile({1}, "a")), HasSubstr("not an IDX file"));
}

TEST(ParseIdx, RefusesOtherTypesThanBytes) {
  std::string file = IdxFile({1}, "abcd");
  file[2] = 0x0D;
  EXPECT_THAT(ErrorOf(file), HasSubstr("IDX type 13"));
}

TEST(ParseIdx, RefusesAnExtentOfZero) {
  EXPECT_THAT(ErrorOf(IdxFile({2, 0}, "")), HasSubstr("every extent must be at least 1"));
}

TEST(ParseIdx, RefusesExtentsWhoseProductOverflows) {
  EXPECT_THAT(ErrorOf(IdxFile({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, "")),
              HasSubstr("at most"));
}

TEST(ParseIdx, RefusesMoreValuesThanThereAre) {
  EXPECT_THAT(ErrorOf(IdxFile({1000, 1000}, "abc")), HasSubstr("needs 1000000 bytes, 3 are left"));
}

}  // namespace
}  // namespace fedround::data
