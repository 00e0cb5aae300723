#include "common/data/datasets/npz.h"

#include <gmock/gmock.h>

#include <cmath>
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
  EXPECT_THAT(
      arrays.Decode().ToString(),
      HasSubstr("f.npz(y_train.npy): row 1: -1: labels must be whole numbers in [0, 2^32); number "
                "them with np.unique(y, return_inverse=True)[1]"));
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

TEST(DecodeNpz, ReadsFloatLabelsThatAreWholeNumbers) {
  Arrays arrays;
  for (const auto& labels : {NpyFile("<f4", {2}, RawBytes(std::vector<float>{0, 1})),
                             NpyFile("<f8", {2, 1}, RawBytes(std::vector<double>{0, 1})),
                             NpyFile("|b1", {2}, std::string("\0\1", 2)),
                             NpyFile(">i8", {2}, std::string(15, '\0') + '\1')}) {
    arrays.y_train = labels;
    EXPECT_TRUE(arrays.Decode().ok()) << arrays.Decode();
  }
}

TEST(DecodeNpz, RefusesFloatLabelsThatAreNot) {
  Arrays arrays;
  for (const double label : {0.5, -1.0, 5e9, std::nan("")}) {
    arrays.y_train = NpyFile("<f8", {2}, RawBytes(std::vector<double>{0, label}));
    EXPECT_THAT(arrays.Decode().ToString(), HasSubstr("f.npz(y_train.npy): row 1: "));
    EXPECT_THAT(arrays.Decode().ToString(), HasSubstr("must be whole numbers"));
  }
}

std::string WithFields() {
  return NpyFileWithHeader("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }",
                           std::string(8, '\0'));
}

TEST(DecodeNpz, SaysWhatToSaveInsteadOfOtherLabels) {
  const std::pair<std::string, const char*> advice[] = {
      {NpyFile("|O", {2}, "pickle"),
       "f.npz(y_train.npy): dtype object, shape (2,): labels must be integers; for numbers save "
       "y.astype(\"int64\"); anything else: number them with np.unique(y, return_inverse=True)[1]"},
      {NpyFile("<U1", {2}, std::string(8, 'a')),
       "dtype <U1, shape (2,): labels must be integers; number them with np.unique(y, "
       "return_inverse=True)[1], y being the labels of training and test together"},
      {NpyFile("|S1", {2}, "ab"), "np.unique(y, return_inverse=True)[1]"},
      {NpyFile("<c8", {2}, std::string(16, '\0')), "dtype complex64, shape (2,): "},
      {WithFields(), "save the field that is the label, y[\"NAME\"]"},
      {NpyFile("<f4", {2, 3}, std::string(24, '\0')),
       "dtype float32, shape (2, 3): one label per example is needed; of one-hot rows save "
       "y.argmax(1)"}};
  for (const auto& [labels, words] : advice) {
    Arrays arrays;
    arrays.y_train = labels;
    EXPECT_THAT(arrays.Decode().ToString(), HasSubstr(words));
  }
}

TEST(DecodeNpz, SaysWhatToSaveInsteadOfOtherFeatures) {
  const std::pair<std::string, const char*> advice[] = {
      {NpyFile("|O", {2, 2}, "pickle"),
       "f.npz(x_train.npy): dtype object, shape (2, 2): features must be numbers; save "
       "x.astype(\"float32\")"},
      {NpyFile("<U1", {2, 2}, std::string(16, 'a')), "dtype <U1, shape (2, 2): features must be"},
      {NpyFile("<f16", {2, 2}, std::string(64, '\0')),
       "dtype float128, shape (2, 2): features must"},
      {NpyFile("<c16", {2, 2}, std::string(64, '\0')),
       "dtype complex128, shape (2, 2): features must be numbers; save np.concatenate([x.real, "
       "x.imag], axis=1)"},
      {WithFields(), "np.lib.recfunctions.structured_to_unstructured(x, dtype=\"float32\")"},
      {NpyFile("<f4", {2}, std::string(8, '\0')),
       "dtype float32, shape (2,): must have two axes or more, examples and features; save "
       "x.reshape(-1, 1)"}};
  for (const auto& [features, words] : advice) {
    Arrays arrays;
    arrays.x_train = features;
    EXPECT_THAT(arrays.Decode().ToString(), HasSubstr(words));
  }
}

TEST(DecodeNpz, ReadsFeaturesOfAnyNumbers) {
  Arrays arrays;
  arrays.x_test = NpyFile(">f8", {1, 2}, std::string(16, '\0'));
  for (const auto& features :
       {NpyFile("<f2", {2, 2}, std::string(8, '\0')), NpyFile("<i8", {2, 2}, std::string(32, '\0')),
        NpyFile(">u2", {2, 2}, std::string(8, '\0')),
        NpyFile("|b1", {2, 2}, std::string(4, '\1'))}) {
    arrays.x_train = features;
    EXPECT_TRUE(arrays.Decode().ok()) << arrays.Decode();
  }
}

TEST(DecodeNpz, ReadsFilesWithoutTestExamples) {
  const Arrays arrays;
  const std::pair<std::string, std::string> train[] = {{"x_train.npy", arrays.x_train},
                                                       {"y_train.npy", arrays.y_train}};
  const std::string none = NpyFile("<f8", {0}, "");
  for (const std::string& file :
       {ZipFile({train[0], train[1]}),
        ZipFile({train[0], train[1], {"x_test.npy", none}, {"y_test.npy", none}}),
        ZipFile({train[0],
                 train[1],
                 {"x_test.npy", NpyFile("<f4", {0, 2}, "")},
                 {"y_test.npy", NpyFile("<i8", {0}, "")}})}) {
    const auto decoded = DecodeNpz(BytesOf(file), "f.npz");
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_TRUE(CheckDecoded(*decoded, "f.npz").ok());
    EXPECT_EQ(decoded->test.labels.size(), 0U);
    EXPECT_EQ(decoded->test.values.size(), 0U);
  }
}

TEST(DecodeNpz, RefusesHalfATestSet) {
  Arrays arrays;
  arrays.x_test = NpyFile("<f4", {0, 2}, "");
  EXPECT_THAT(arrays.Decode().ToString(), HasSubstr("f.npz: test: 1 labels, but 0 examples"));
  const std::string file = ZipFile({{"x_train.npy", arrays.x_train},
                                    {"y_train.npy", arrays.y_train},
                                    {"y_test.npy", arrays.y_test}});
  EXPECT_THAT(DecodeNpz(BytesOf(file), "f.npz").status().ToString(),
              HasSubstr("has no member x_test.npy"));
}

TEST(DecodeNpz, RefusesFilesWithoutTrainingExamples) {
  Arrays arrays;
  arrays.x_train = NpyFile("<f4", {0, 2}, "");
  EXPECT_THAT(
      arrays.Decode().ToString(),
      HasSubstr("f.npz(x_train.npy): dtype float32, shape (0, 2): there must be at least one"));
}

TEST(DecodeNpz, RefusesFewerLabelsThanExamples) {
  Arrays arrays;
  arrays.y_train = NpyFile("|u1", {1}, std::string(1, '\1'));
  EXPECT_THAT(arrays.Decode().ToString(), HasSubstr("1 labels, but 2 examples"));
}

TEST(DecodeNpz, RefusesSplitsOfDifferentShape) {
  Arrays arrays;
  arrays.x_test = NpyFile("<f4", {1, 3}, std::string(12, '\0'));
  EXPECT_THAT(
      arrays.Decode().ToString(),
      HasSubstr("f.npz: x_train is of dtype float32, shape (2, 2), x_test of dtype float32, "
                "shape (1, 3): examples must have the same shape"));
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
