#include "common/data/datasets/npz.h"

#include <gmock/gmock.h>

#include <limits>

#include "tests/common/data/data_files.h"

namespace fedround::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Two training examples and one test example of two inputs each.
struct Arrays {
  std::string x_train = NpyFile("<f4", {2, 2}, RawBytes(std::vector<float>{1, 2, 3, 4}));
  std::string y_train = NpyFile("<i8", {2}, RawBytes(std::vector<std::int64_t>{0, 1}));
  std::string x_test = NpyFile("<f4", {1, 2}, RawBytes(std::vector<float>{5, 6}));
  std::string y_test = NpyFile("|u1", {1}, std::string(1, '\1'));

  absl::Status Decode() const {
    const std::string file = ZipFile({{"x_train.npy", x_train},
                                      {"y_train.npy", y_train},
                                      {"x_test.npy", x_test},
                                      {"y_test.npy", y_test}});
    const auto decoded = DecodeNpz(BytesOf(file), "f.npz");
    return decoded.ok() ? CheckDecoded(*decoded, "f.npz") : decoded.status();
  }
};

std::vector<float> Floats(const DecodedSplit& split) {
  std::vector<float> values(split.values.size() / sizeof(float));
  std::memcpy(values.data(), split.values.data(), split.values.size());
  return values;
}

TEST(DecodeNpz, ReadsWhatNumPyStored) {
  const std::string file = ReadAll(GoldenPath("data_uint8.npz"));
  const auto decoded = DecodeNpz(BytesOf(file), "f.npz");
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->type, ValueType::kUint8);
  EXPECT_EQ(decoded->inputs(), 6U);
  EXPECT_EQ(decoded->classes, 3U);
  EXPECT_THAT(decoded->train.labels, ElementsAre(0, 1, 2, 0, 1, 2));
  EXPECT_THAT(decoded->test.labels, ElementsAre(2, 1));
  EXPECT_EQ(decoded->train.values[35], std::byte{35});
  EXPECT_EQ(decoded->test.values[0], std::byte{200});
}

TEST(DecodeNpz, ReadsWhatNumPyCompressed) {
  const std::string file = ReadAll(GoldenPath("data_float64_clients.npz"));
  const auto decoded = DecodeNpz(BytesOf(file), "f.npz");
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->type, ValueType::kFloat32);
  EXPECT_THAT(decoded->natural_clients, ElementsAre(1, 0, 1, 0));
  EXPECT_THAT(decoded->train.labels, ElementsAre(0, 1, 1, 0));
  EXPECT_EQ(Floats(decoded->train)[19], 19.0f / 8 - 1);
  EXPECT_EQ(Floats(decoded->test)[0], (5.0f / 8 - 1) * 3);
}

TEST(DecodeNpz, RefusesEveryTruncation) {
  for (const char* name : {"data_uint8.npz", "data_float64_clients.npz"}) {
    const std::string file = ReadAll(GoldenPath(name));
    for (std::size_t length = 0; length < file.size(); ++length) {
      EXPECT_FALSE(DecodeNpz(BytesOf(file.substr(0, length)), name).ok()) << length;
    }
  }
}

TEST(DecodeNpz, SurvivesEveryDamagedByte) {
  for (const char* name : {"data_uint8.npz", "data_float64_clients.npz"}) {
    const std::string file = ReadAll(GoldenPath(name));
    const std::string hash = ContentHash(*DecodeNpz(BytesOf(file), name));
    for (std::size_t i = 0; i < file.size(); ++i) {
      std::string damaged = file;
      damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
      const auto decoded = DecodeNpz(BytesOf(damaged), name);
      // A damaged name can hide client_id.npy, which may be missing.
      if (decoded.ok() && !decoded->natural_clients.empty()) {
        EXPECT_EQ(ContentHash(*decoded), hash) << i;
      }
    }
  }
}

TEST(DecodeNpz, AcceptsTheArraysTheOtherTestsSpoil) { EXPECT_TRUE(Arrays().Decode().ok()); }

TEST(DecodeNpz, RefusesNaNAndNamesTheRow) {
  Arrays arrays;
  arrays.x_train = NpyFile("<f4", {2, 2}, RawBytes(std::vector<float>{1, 2, 3, NAN}));
  EXPECT_THAT(arrays.Decode().ToString(), HasSubstr("f.npz: training row 1: an input is NaN"));
}

TEST(DecodeNpz, RefusesInfinity) {
  Arrays arrays;
  arrays.x_test = NpyFile("<f4", {1, 2}, RawBytes(std::vector<float>{INFINITY, 2}));
  EXPECT_THAT(arrays.Decode().ToString(), HasSubstr("f.npz: test row 0"));
}

TEST(DecodeNpz, RefusesDoublesBeyondFloat) {
  Arrays arrays;
  arrays.x_train = NpyFile("<f8", {2, 2}, RawBytes(std::vector<double>{1, 2, 3, 1e300}));
  EXPECT_THAT(arrays.Decode().ToString(), HasSubstr("too large for float32"));
}

TEST(DecodeNpz, RefusesANegativeLabel) {
  Arrays arrays;
  arrays.y_train = NpyFile("<i4", {2}, RawBytes(std::vector<std::int32_t>{0, -1}));
  EXPECT_THAT(arrays.Decode().ToString(), HasSubstr("f.npz(y_train.npy): row 1: -1"));
}

TEST(DecodeNpz, RefusesATestLabelThatTrainingHasNot) {
  Arrays arrays;
  arrays.y_test = NpyFile("|u1", {1}, std::string(1, '\7'));
  EXPECT_THAT(arrays.Decode().ToString(), HasSubstr("test row 0: label 7: must be below 2"));
}

TEST(DecodeNpz, RefusesMoreClassesThanTheLimit) {
  Arrays arrays;
  arrays.y_train = NpyFile("<u4", {2}, RawBytes(std::vector<std::uint32_t>{0, 4'000'000'000}));
  EXPECT_THAT(arrays.Decode().ToString(), HasSubstr("4000000001 classes"));
}

TEST(DecodeNpz, RefusesFloatLabels) {
  Arrays arrays;
  arrays.y_train = NpyFile("<f4", {2}, RawBytes(std::vector<float>{0, 1}));
  EXPECT_THAT(arrays.Decode().ToString(), HasSubstr("must be integers"));
}

TEST(DecodeNpz, RefusesFewerLabelsThanExamples) {
  Arrays arrays;
  arrays.y_train = NpyFile("|u1", {1}, std::string(1, '\1'));
  EXPECT_THAT(arrays.Decode().ToString(), HasSubstr("1 labels, but 2 examples"));
}

TEST(DecodeNpz, RefusesSplitsOfDifferentShape) {
  Arrays arrays;
  arrays.x_test = NpyFile("<f4", {1, 3}, std::string(12, '\0'));
  EXPECT_THAT(arrays.Decode().ToString(), HasSubstr("same dtype and shape"));
}

TEST(DecodeNpz, RefusesClientIdsOfAnotherLength) {
  const Arrays arrays;
  const std::string file = ZipFile({{"x_train.npy", arrays.x_train},
                                    {"y_train.npy", arrays.y_train},
                                    {"x_test.npy", arrays.x_test},
                                    {"y_test.npy", arrays.y_test},
                                    {"client_id.npy", NpyFile("|u1", {1}, "\1")}});
  EXPECT_THAT(CheckDecoded(*DecodeNpz(BytesOf(file), "f.npz"), "f.npz").ToString(),
              HasSubstr("1 client ids for 2 training examples"));
}

}  // namespace
}  // namespace fedround::data
