// The limits of limits.h and of the formats, from both sides, as numbers.
#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/data/decoded.h"
#include "common/data/formats/idx.h"
#include "common/data/formats/inflate.h"
#include "common/data/formats/npy.h"
#include "common/data/formats/zip.h"
#include "common/data/formats/zip_writer.h"
#include "common/data/limits.h"
#include "tests/common/data/data_files.h"

namespace fedround::data {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string IdxError(const std::string& file) {
  return ParseIdx(BytesOf(file), "f.idx").status().ToString();
}

std::string NpyError(const std::string& file) {
  return ParseNpy(BytesOf(file), "x.npy").status().ToString();
}

std::string ZipError(const std::string& file) {
  return ZipArchive::Open(BytesOf(file), "f.zip").status().ToString();
}

TEST(DataLimits, ArraysHaveOneToEightAxes) {
  const std::vector<std::uint32_t> eight(8, 1), nine(9, 1);
  EXPECT_EQ(IdxError(IdxFile({1}, "a")), "OK");
  EXPECT_EQ(IdxError(IdxFile(eight, "a")), "OK");
  EXPECT_THAT(IdxError(IdxFile(nine, "a")), HasSubstr("9 axes: must be in [1, 8]"));
  EXPECT_THAT(IdxError(IdxFile({}, "a")), HasSubstr("0 axes: must be in [1, 8]"));
  EXPECT_EQ(NpyError(NpyFile("|u1", {eight.begin(), eight.end()}, "a")), "OK");
  EXPECT_NE(NpyError(NpyFile("|u1", {nine.begin(), nine.end()}, "a")), "OK");
}

// An array of one byte whose header, of version 2, has that length.
std::string NpyWithHeaderOf(std::size_t bytes) {
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }";
  header.resize(bytes, ' ');
  return absl::StrCat("\x93NUMPY", std::string("\x02\x00", 2),
                      Little(static_cast<std::uint32_t>(bytes)), header, "a");
}

TEST(DataLimits, HeadersOfNumPyHave64KiB) {
  EXPECT_EQ(NpyError(NpyWithHeaderOf(65'536)), "OK");
  EXPECT_THAT(NpyError(NpyWithHeaderOf(65'537)),
              HasSubstr("npy header of 65537 bytes; the limit is 65536"));
}

TEST(DataLimits, ArchivesHave1024Members) {
  std::vector<std::pair<std::string, std::string>> members;
  for (int i = 0; i < 1024; ++i) members.emplace_back(absl::StrCat("m", i), "x");
  EXPECT_EQ(ZipError(ZipFile(members)), "OK");
  members.emplace_back("one_more", "x");
  EXPECT_THAT(ZipError(ZipFile(members)), HasSubstr("1025 members; the limit is 1024"));
}

TEST(DataLimits, ArchivesAreWrittenWith1024Members) {
  const TempFolder folder;
  ZipWriter writer = ZipWriter::Create(folder.File("x.zip")).value();
  const absl::string_view parts[] = {"x"};
  for (int i = 0; i < 1024; ++i) ASSERT_TRUE(writer.Add(absl::StrCat("m", i), parts).ok()) << i;
  EXPECT_TRUE(absl::IsInvalidArgument(writer.Add("one_more", parts)));
  ASSERT_TRUE(std::move(writer).Finish().ok());
  EXPECT_EQ(ZipError(ReadAll(folder.File("x.zip"))), "OK");
}

// The archive holds the comment's length directly before it.
TEST(DataLimits, AnArchivesCommentHasUpTo65535Bytes) {
  std::string file = ZipFile({{"a", "hello"}});
  file.resize(file.size() - 2);
  EXPECT_EQ(ZipError(file + Little(std::uint16_t{65'535}) + std::string(65'535, ' ')), "OK");
  EXPECT_THAT(ZipError(file + Little(std::uint16_t{65'535}) + std::string(65'534, ' ')),
              HasSubstr("no end record"));
}

// Two examples of one feature each, the second of the last class.
Decoded WithClasses(std::size_t classes) {
  Decoded decoded;
  decoded.shape = {1, 1, 1};
  decoded.classes = classes;
  decoded.train.values = AlignedBuffer<std::byte>(2);
  decoded.train.labels = {0, static_cast<std::uint32_t>(classes - 1)};
  return decoded;
}

TEST(DataLimits, ThereAreTwoToAMillionClasses) {
  EXPECT_FALSE(CheckDecoded(WithClasses(1), "d").ok());
  EXPECT_TRUE(CheckDecoded(WithClasses(2), "d").ok());
  EXPECT_TRUE(CheckDecoded(WithClasses(1'048'576), "d").ok());
  EXPECT_FALSE(CheckDecoded(WithClasses(1'048'577), "d").ok());
}

TEST(DataLimits, LabelsAreBelowTheNumberOfClasses) {
  Decoded decoded = WithClasses(5);
  decoded.classes = 4;
  EXPECT_THAT(CheckDecoded(decoded, "d").ToString(),
              HasSubstr("d: training row 1: label 4: must be below 4"));
}

TEST(DataLimits, EverySplitHasAsManyLabelsAsExamplesAndAsManyOwners) {
  Decoded decoded = WithClasses(2);
  decoded.test.labels = {1};
  EXPECT_THAT(CheckDecoded(decoded, "d").ToString(),
              HasSubstr("d: test: 1 labels, but 0 examples"));
  decoded = WithClasses(2);
  decoded.natural_clients = {0};
  EXPECT_THAT(CheckDecoded(decoded, "d").ToString(),
              HasSubstr("1 client ids for 2 training examples"));
  decoded.natural_clients = {0, 0};
  EXPECT_TRUE(CheckDecoded(decoded, "d").ok());
  decoded = WithClasses(2);
  decoded.train = {};
  EXPECT_THAT(CheckDecoded(decoded, "d").ToString(), HasSubstr("no training examples"));
}

// Deflate turns one byte into at most 1032, so memory for a larger claim is refused.
TEST(DataLimits, InflatedSizesAreRefusedBeyond1032TimesTheInput) {
  const std::string compressed(10, 'x');  // not a deflate stream
  const auto error = [&](std::uint64_t expected) {
    return Inflate(BytesOf(compressed), Wrapping::kNone, expected, "m").status().ToString();
  };
  EXPECT_THAT(error(11 * 1032 - 1), Not(HasSubstr("claim")));
  EXPECT_THAT(error(11 * 1032), HasSubstr("10 compressed bytes claim to inflate to 11352"));
  EXPECT_THAT(error(1), Not(HasSubstr("claim")));
  EXPECT_THAT(error(0), HasSubstr("claim"));
}

TEST(DataLimits, InflatedSizesEndAt16GiB) {
  // So much input that the ratio is not the reason.
  const std::string compressed((std::size_t{1} << 34) / 1032 + 1, '\xff');
  const auto error = [&](std::uint64_t expected) {
    return Inflate(BytesOf(compressed), Wrapping::kNone, expected, "m").status().ToString();
  };
  EXPECT_THAT(error((std::uint64_t{1} << 34) + 1), HasSubstr("at most 17179869184"));
}

}  // namespace
}  // namespace fedround::data
