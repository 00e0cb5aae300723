#include "common/data/formats/npy_values.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "tests/common/data/data_files.h"

namespace fedround::data {
namespace {

using ::testing::ElementsAre;

std::vector<float> Floats(const std::string& file) {
  const auto array = ParseNpy(BytesOf(file), "x.npy");
  EXPECT_TRUE(array.ok()) << array.status();
  std::vector<float> floats(array->size());
  ConvertToFloat(*array, floats);
  return floats;
}

std::string FortranFile(const std::string& descr, const std::string& shape,
                        const std::string& values) {
  return NpyFileWithHeader(
      absl::StrCat("{'descr': '", descr, "', 'fortran_order': True, 'shape': ", shape, ", }\n"),
      values);
}

// Items of both byte orders.
template <typename T>
std::string Big(T value) {
  std::string bytes = Little(value);
  return {bytes.rbegin(), bytes.rend()};
}

TEST(ConvertToFloat, ReadsHalfPrecision) {
  // 1, -2, the smallest denormal, the largest, infinity: IEEE 754-2008, binary16.
  const std::vector<std::uint16_t> halves = {0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x3555};
  EXPECT_THAT(Floats(NpyFile("<f2", {6}, RawBytes(halves))),
              ElementsAre(1, -2, std::ldexp(1.0F, -24), 65504,
                          std::numeric_limits<float>::infinity(), 0.333251953125F));
  EXPECT_TRUE(std::isnan(Floats(NpyFile("<f2", {1}, Little(std::uint16_t{0x7e00})))[0]));
}

TEST(ConvertToFloat, ReadsBigEndian) {
  EXPECT_THAT(Floats(NpyFile(">f4", {2}, Big(1.5F) + Big(-3.0F))), ElementsAre(1.5F, -3));
  EXPECT_THAT(Floats(NpyFile(">f8", {1}, Big(0.1))), ElementsAre(0.1F));
  EXPECT_THAT(Floats(NpyFile(">i8", {1}, Big(std::int64_t{-70'000}))), ElementsAre(-70'000));
  EXPECT_THAT(Floats(NpyFile(">f2", {1}, Big(std::uint16_t{0x3c00}))), ElementsAre(1));
}

TEST(ConvertToFloat, ReadsIntegersAndBooleans) {
  EXPECT_THAT(Floats(NpyFile("|i1", {2}, std::string("\x80\x7f", 2))), ElementsAre(-128, 127));
  EXPECT_THAT(Floats(NpyFile("<u2", {1}, Little(std::uint16_t{65'535}))), ElementsAre(65'535));
  EXPECT_THAT(Floats(NpyFile("|b1", {2}, std::string("\0\1", 2))), ElementsAre(0, 1));
}

TEST(ConvertToFloat, MakesWhatDoesNotFitInfinite) {
  EXPECT_THAT(
      Floats(NpyFile("<f8", {2}, RawBytes(std::vector<double>{1e300, -1e300}))),
      ElementsAre(std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()));
}

// 3 rows of 2 x 2, column by column: item [r, a, b] is 100 r + 10 a + b.
TEST(ConvertToFloat, BringsFortranOrderIntoRows) {
  const std::vector<std::int16_t> file = {0, 100, 200, 10, 110, 210, 1, 101, 201, 11, 111, 211};
  EXPECT_THAT(Floats(FortranFile("<i2", "(3, 2, 2)", RawBytes(file))),
              ElementsAre(0, 1, 10, 11, 100, 101, 110, 111, 200, 201, 210, 211));
}

TEST(ConvertToFloat, BringsManyRowsInFortranOrderIntoRows) {
  constexpr std::size_t kRows = 37;  // more than are filled together, and no multiple
  std::vector<float> file;
  for (std::size_t column = 0; column < 3; ++column) {
    for (std::size_t row = 0; row < kRows; ++row) {
      file.push_back(static_cast<float>(10 * row + column));
    }
  }
  const std::vector<float> rows = Floats(FortranFile("<f4", "(37, 3)", RawBytes(file)));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i], static_cast<float>(10 * (i / 3) + i % 3)) << i;
  }
}

TEST(ConvertToFloat, LeavesOneAxisInFortranOrderAsItIs) {
  EXPECT_THAT(Floats(FortranFile("<f4", "(2,)", RawBytes(std::vector<float>{1, 2}))),
              ElementsAre(1, 2));
}

TEST(CopyBytes, BringsFortranOrderIntoRows) {
  const std::string file = FortranFile("|u1", "(2, 3)", "abcdef");
  const auto array = ParseNpy(BytesOf(file), "x.npy");
  std::string rows(6, ' ');
  CopyBytes(*array, std::as_writable_bytes(std::span(rows.data(), rows.size())));
  EXPECT_EQ(rows, "acebdf");
}

}  // namespace
}  // namespace fedround::data
