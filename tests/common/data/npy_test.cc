#include "common/data/formats/npy.h"

#include <gmock/gmock.h>

#include "tests/common/data/data_files.h"

namespace fedround::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ErrorOf(const std::string& file) {
  return ParseNpy(BytesOf(file), "x.npy").status().ToString();
}

std::string ErrorOfHeader(const std::string& header) {
  return ErrorOf(NpyFileWithHeader(header, std::string(8, '\0')));
}

TEST(ParseNpy, ReadsShapeTypeAndValues) {
  const std::string values = RawBytes(std::vector<float>{1, 2, 3, 4, 5, 6});
  const std::string file = NpyFile("<f4", {3, 2}, values);
  const auto array = ParseNpy(BytesOf(file), "x.npy");
  ASSERT_TRUE(array.ok()) << array.status();
  EXPECT_EQ(array->dtype(), "f4");
  EXPECT_THAT(array->shape, ElementsAre(3, 2));
  EXPECT_EQ(std::memcmp(array->values.data(), values.data(), values.size()), 0);
}

TEST(ParseNpy, ReadsKeysInAnyOrder) {
  const std::string file = NpyFileWithHeader(
      "{'shape': (2, 4), 'fortran_order': False, 'descr': '|u1'}", std::string(8, '\0'));
  EXPECT_TRUE(ParseNpy(BytesOf(file), "x.npy").ok());
}

TEST(ParseNpy, RefusesEveryTruncation) {
  const std::string file = NpyFile("<i2", {3}, std::string(6, '\0'));
  for (std::size_t length = 0; length < file.size(); ++length) {
    EXPECT_FALSE(ParseNpy(BytesOf(file.substr(0, length)), "x.npy").ok()) << length;
  }
}

TEST(ParseNpy, RefusesTrailingBytes) {
  EXPECT_THAT(ErrorOf(NpyFile("<i2", {3}, std::string(7, '\0'))), HasSubstr("1 bytes too many"));
}

TEST(ParseNpy, ReadsPython2Headers) {
  const std::string file = NpyFileWithHeader(
      "{u'descr': u'<f4', 'fortran_order': False, 'shape': (1L, 2L), }", std::string(8, '\0'));
  const auto array = ParseNpy(BytesOf(file), "x.npy");
  ASSERT_TRUE(array.ok()) << array.status();
  EXPECT_THAT(array->shape, ElementsAre(1, 2));
  EXPECT_EQ(array->dtype(), "f4");
}

TEST(ParseNpy, ReadsEitherByteOrder) {
  const std::string file = NpyFile(">i4", {2}, std::string("\0\0\1\2\xff\xff\xff\xfe", 8));
  const auto array = ParseNpy(BytesOf(file), "x.npy");
  ASSERT_TRUE(array.ok()) << array.status();
  EXPECT_EQ(array->dtype(), "i4");
  EXPECT_EQ(ItemAt<std::int32_t>(*array, 0), 258);
  EXPECT_EQ(ItemAt<std::int32_t>(*array, 1), -2);
}

TEST(ParseNpy, GivesNoValuesOfOtherTypes) {
  for (const char* descr :
       {"|O", "<c8", "<f16", "|U4", "<U0", "|S", "<f8x", "", "|i8", "<u3", "<b2", "<M8[ns]"}) {
    const std::string file = NpyFile(descr, {1}, std::string(8, '\0'));
    const auto array = ParseNpy(BytesOf(file), "x.npy");
    ASSERT_TRUE(array.ok()) << array.status();
    EXPECT_EQ(array->kind, 0) << descr;
    EXPECT_EQ(array->size(), 0U) << descr;
    EXPECT_EQ(array->dtype(), descr);
  }
}

TEST(ParseNpy, NamesTypesAsNumPyDoes) {
  const std::pair<const char*, const char*> names[] = {
      {"<f2", "float16"},     {">i8", "int64"}, {"|u1", "uint8"},
      {"|b1", "bool"},        {"|O", "object"}, {"<U3", "<U3"},
      {"<c16", "complex128"}, {"", ""},         {"x", "x"}};
  for (const auto& [descr, name] : names) {
    NpyArray array;
    array.descr = descr;
    EXPECT_EQ(array.TypeName(), name);
  }
}

TEST(ParseNpy, ParsesATypeWithFields) {
  const std::string file = NpyFileWithHeader(
      "{'descr': [('a', '<f4'), ('b', [('c', '<i8', (2,))])], 'fortran_order': False, 'shape': "
      "(1,), }",
      std::string(20, '\0'));
  const auto array = ParseNpy(BytesOf(file), "x.npy");
  ASSERT_TRUE(array.ok()) << array.status();
  EXPECT_EQ(array->NumpyKind(), 'V');
  EXPECT_EQ(array->Description(),
            "dtype with fields [('a', '<f4'), ('b', [('c', '<i8', (2,))])], shape (1,)");
}

TEST(ParseNpy, ReadsAnArrayWithoutItems) {
  const std::string file = NpyFile("<f4", {0, 1ULL << 63, 1ULL << 63}, "");
  const auto array = ParseNpy(BytesOf(file), "x.npy");
  ASSERT_TRUE(array.ok()) << array.status();
  EXPECT_TRUE(array->has_zero_extent());
  EXPECT_EQ(array->size(), 0U);
  EXPECT_FALSE(ParseNpy(BytesOf(file + "x"), "x.npy").ok());
}

TEST(ParseNpy, RefusesHeadersThatAreNotTheDictionary) {
  for (const char* header :
       {"", "{", "{}", "{'descr': '|u1', 'fortran_order': False}",
        "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (8,)}",
        "{'descr': '|u1', 'fortran_order': Maybe, 'shape': (8,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-8,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (8M,)}",
        "{'descr': [('a', '|u1'), 'fortran_order': False, 'shape': (8,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (8,), 'more': 1}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (8,)} x",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,8)}"}) {
    EXPECT_THAT(ErrorOfHeader(header), HasSubstr("the npy header")) << header;
  }
}

TEST(ParseNpy, RefusesAShapeThatOverflows) {
  EXPECT_THAT(ErrorOf(NpyFile("<f8", {1ULL << 40, 1ULL << 40}, "")), HasSubstr("at most"));
}

TEST(ParseNpy, RefusesAHugeHeader) {
  const std::string file =
      std::string("\x93NUMPY\x02\x00", 8) + Little(std::uint32_t{0xfffffff0}) + "{}";
  EXPECT_THAT(ErrorOf(file), HasSubstr("the limit is 65536"));
}

}  // namespace
}  // namespace fedround::data
