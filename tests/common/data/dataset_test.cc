#include "common/data/dataset.h"

#include <gmock/gmock.h>

#include <numeric>

#include "tests/common/data/data_files.h"

namespace fedround::data {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kFashionFolder[] = "/usr/share/datasets/fashion-mnist";

// The inputs of these rows of `dataset`.
std::vector<float> Inputs(const Dataset& dataset, Split split,
                          const std::vector<std::uint32_t>& rows) {
  const auto examples = dataset.Read(split, rows);
  EXPECT_TRUE(examples.ok()) << examples.status();
  std::vector<std::uint32_t> positions(rows.size());
  std::iota(positions.begin(), positions.end(), 0U);
  std::vector<float> inputs(rows.size() * dataset.inputs());
  std::vector<std::uint32_t> labels(rows.size());
  examples->Gather(positions, inputs, labels);
  return inputs;
}

void ExpectMnistLike(const absl::StatusOr<Dataset>& dataset, std::uint32_t first_label) {
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ(dataset->size(Split::kTrain), 60'000U);
  EXPECT_EQ(dataset->size(Split::kTest), 10'000U);
  EXPECT_EQ(dataset->shape(), (FeatureShape{28, 28, 1}));
  EXPECT_EQ(dataset->classes(), 10U);
  EXPECT_EQ(dataset->labels(Split::kTrain)[0], first_label);
}

class Idx : public DatasetTest {
 protected:
  // Three training images of two pixels, one test image.
  Idx() {
    WriteAll(folder_.File("train-images-idx3-ubyte"), IdxFile({3, 1, 2}, {0, 1, 2, 3, 4, -1}));
    WriteAll(folder_.File("train-labels-idx1-ubyte"), IdxFile({3}, {0, 1, 1}));
    WriteAll(folder_.File("t10k-images-idx3-ubyte.gz"), GzipFile(IdxFile({1, 1, 2}, {10, 20})));
    WriteAll(folder_.File("t10k-labels-idx1-ubyte"), IdxFile({1}, {1}));
  }

  PlugIn plug_in() const { return {"idx", {{"path", folder_.path()}}}; }
  std::string OpenError() const { return Dataset::Open(plug_in(), 1, 0).status().ToString(); }
};

TEST_F(Idx, OpensPlainAndGzippedFiles) {
  const auto dataset = Dataset::Open(plug_in(), 1, 0);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ(dataset->shape(), (FeatureShape{1, 2, 1}));
  EXPECT_EQ(dataset->classes(), 2U);
  EXPECT_THAT(dataset->labels(Split::kTrain), ElementsAre(0, 1, 1));
  EXPECT_THAT(Inputs(*dataset, Split::kTest, {0}), ElementsAre(10 / 255.0f, 20 / 255.0f));
}

TEST_F(Idx, ReadsRowsInTheOrderAskedFor) {
  const auto dataset = Dataset::Open(plug_in(), 255, 0);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  const std::vector<float> inputs = Inputs(*dataset, Split::kTrain, {2, 0, 1, 2});
  EXPECT_THAT(inputs, ::testing::Pointwise(::testing::FloatEq(),
                                           {4.0f, 255.0f, 0.0f, 1.0f, 2.0f, 3.0f, 4.0f, 255.0f}));
}

TEST_F(Idx, ReadsNoRows) {
  const auto dataset = Dataset::Open(plug_in(), 1, 0);
  EXPECT_EQ(dataset->Read(Split::kTrain, {})->size(), 0U);
}

TEST_F(Idx, GathersPositionsWithTheirLabels) {
  const auto dataset = Dataset::Open(plug_in(), 1, 0);
  const auto examples = dataset->Read(Split::kTrain, std::vector<std::uint32_t>{0, 2});
  std::vector<float> inputs(6);
  std::vector<std::uint32_t> labels(3);
  examples->Gather(std::vector<std::uint32_t>{1, 0, 1}, inputs, labels);
  EXPECT_THAT(labels, ElementsAre(1, 0, 1));
  EXPECT_THAT(inputs, ElementsAre(4 / 255.0f, 1, 0, 1 / 255.0f, 4 / 255.0f, 1));
}

TEST_F(Idx, DecodesEveryByteToItsQuotientBy255) {
  std::string pixels(256, '\0');
  std::iota(pixels.begin(), pixels.end(), '\0');
  WriteAll(folder_.File("train-images-idx3-ubyte"), IdxFile({2, 1, 256}, pixels + pixels));
  WriteAll(folder_.File("train-labels-idx1-ubyte"), IdxFile({2}, {0, 1}));
  WriteAll(folder_.File("t10k-images-idx3-ubyte"), IdxFile({1, 1, 256}, pixels));
  const auto dataset = Dataset::Open(plug_in(), 1, 0);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  const std::vector<float> inputs = Inputs(*dataset, Split::kTrain, {1});
  for (int i = 0; i < 256; ++i) {
    EXPECT_EQ(inputs[static_cast<std::size_t>(i)], static_cast<float>(i) / 255.0f) << i;
  }
}

TEST_F(Idx, NamesTheFileThatIsMissing) {
  std::filesystem::remove(folder_.File("t10k-labels-idx1-ubyte"));
  EXPECT_THAT(OpenError(), HasSubstr("has no t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz"));
}

TEST_F(Idx, NamesTheFileThatIsTruncated) {
  const std::string path = folder_.File("train-images-idx3-ubyte");
  WriteAll(path, IdxFile({3, 1, 2}, "abc"));
  EXPECT_THAT(OpenError(), HasSubstr(path + ": byte 16: IDX values needs 6 bytes, 3 are left"));
}

TEST_F(Idx, RefusesTestImagesOfAnotherSize) {
  WriteAll(folder_.File("t10k-images-idx3-ubyte"), IdxFile({1, 1, 3}, "abc"));
  EXPECT_THAT(OpenError(), HasSubstr("images of 1 x 3 pixels"));
}

TEST_F(Idx, RefusesFewerLabelsThanImages) {
  WriteAll(folder_.File("train-labels-idx1-ubyte"), IdxFile({2}, {0, 1}));
  EXPECT_THAT(OpenError(), HasSubstr("training: 2 labels, but 3 examples"));
}

TEST_F(Idx, LeavesNothingInTheCacheAfterAnError) {
  WriteAll(folder_.File("train-labels-idx1-ubyte"), "junk");
  EXPECT_NE(OpenError(), "OK");
  EXPECT_TRUE(CacheFiles().empty());
}

using Npz = DatasetTest;

TEST_F(Npz, OpensWithItsClients) {
  const auto dataset =
      Dataset::Open({"npz", {{"path", GoldenPath("data_float64_clients.npz")}}}, 2, 0);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_THAT(dataset->natural_clients(), ElementsAre(1, 0, 1, 0));
  EXPECT_THAT(Inputs(*dataset, Split::kTrain, {3}), ElementsAre(1.75f, 2.0f, 2.25f, 2.5f, 2.75f));
}

TEST_F(Npz, OpensWithoutTestExamples) {
  WriteAll(folder_.File("train.npz"), ZipFile({{"x_train.npy", NpyFile("|u1", {2, 1}, "ab")},
                                               {"y_train.npy", NpyFile("|u1", {2}, {0, 1})}}));
  for (int time = 0; time < 2; ++time) {  // decoded, then from the cache
    const auto dataset = Dataset::Open({"npz", {{"path", folder_.File("train.npz")}}}, 1, 0);
    ASSERT_TRUE(dataset.ok()) << dataset.status();
    EXPECT_EQ(dataset->warning(), "");
    EXPECT_EQ(dataset->size(Split::kTest), 0U);
    EXPECT_TRUE(dataset->Read(Split::kTrain, std::vector<std::uint32_t>{1}).ok());
    EXPECT_EQ(dataset->Read(Split::kTest, {})->size(), 0U);
  }
}

TEST_F(Npz, HashIsThatOfTheContents) {
  // The same arrays in another container: stored, from another path.
  const auto one = Dataset::Open({"npz", {{"path", GoldenPath("data_uint8.npz")}}}, 1, 0);
  std::string pixels(36, '\0');
  std::iota(pixels.begin(), pixels.end(), '\0');
  std::string test_pixels(12, '\0');
  std::iota(test_pixels.begin(), test_pixels.end(), static_cast<char>(200));
  WriteAll(folder_.File("other.npz"),
           ZipFile({{"y_test.npy", NpyFile("|u1", {2}, {2, 1})},
                    {"y_train.npy", NpyFile("|u1", {6}, {0, 1, 2, 0, 1, 2})},
                    {"x_train.npy", NpyFile("|u1", {6, 2, 3}, pixels)},
                    {"x_test.npy", NpyFile("|u1", {2, 2, 3}, test_pixels)}}));
  const auto other = Dataset::Open({"npz", {{"path", folder_.File("other.npz")}}}, 1, 0);
  ASSERT_TRUE(one.ok() && other.ok()) << one.status() << other.status();
  EXPECT_EQ(one->hash(), other->hash());
}

TEST_F(Npz, HashIsThatOfTheShape) {
  const auto open = [this](const std::vector<std::size_t>& image) {
    const std::string path = folder_.File(absl::StrCat("of", image.size(), image.back(), ".npz"));
    std::vector<std::size_t> shape = {6};
    shape.insert(shape.end(), image.begin(), image.end());
    const std::string pixels(36, 'p');
    WriteAll(path, ZipFile({{"y_test.npy", NpyFile("|u1", {6}, {0, 1, 0, 1, 0, 1})},
                            {"y_train.npy", NpyFile("|u1", {6}, {0, 1, 0, 1, 0, 1})},
                            {"x_train.npy", NpyFile("|u1", shape, pixels)},
                            {"x_test.npy", NpyFile("|u1", shape, pixels)}}));
    const auto dataset = Dataset::Open({"npz", {{"path", path}}}, 1, 0);
    EXPECT_TRUE(dataset.ok()) << dataset.status();
    return dataset->hash();
  };
  EXPECT_NE(open({2, 3}), open({3, 2}));
  EXPECT_NE(open({2, 3}), open({6}));
}

TEST_F(Npz, SaysThatThePathIsMissing) {
  EXPECT_THAT(Dataset::Open({"npz", {}}, 1, 0).status().ToString(),
              HasSubstr("data.name.path: missing: the .npz file"));
}

using Blobs = DatasetTest;

TEST_F(Blobs, HaveTheShapeAskedFor) {
  const auto dataset = Dataset::Open(
      {"blobs", {{"classes", 3.0}, {"features", 4.0}, {"train", 30.0}, {"test", 7.0}}}, 1, 5);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ(dataset->classes(), 3U);
  EXPECT_EQ(dataset->shape(), (FeatureShape{1, 1, 4}));
  EXPECT_EQ(dataset->size(Split::kTrain), 30U);
  EXPECT_EQ(dataset->size(Split::kTest), 7U);
}

TEST_F(Blobs, FollowFromTheSeed) {
  const auto hash = [](std::uint64_t seed) {
    return Dataset::Open({"blobs", {{"train", 50.0}}}, 1, seed)->hash();
  };
  EXPECT_EQ(hash(1), hash(1));
  EXPECT_NE(hash(1), hash(2));
}

TEST_F(Blobs, WithoutSpreadAreTheirCentres) {
  const auto dataset =
      Dataset::Open({"blobs", {{"classes", 2.0}, {"spread", 0.0}, {"train", 4.0}}}, 1, 5);
  EXPECT_EQ(Inputs(*dataset, Split::kTrain, {0}), Inputs(*dataset, Split::kTest, {2}));
}

TEST_F(Blobs, RefuseAFraction) {
  EXPECT_THAT(Dataset::Open({"blobs", {{"classes", 2.5}}}, 1, 0).status().ToString(),
              HasSubstr("data.name.classes = 2.5: must be a whole number"));
}

TEST_F(Blobs, RefuseMoreThanFitsInMemory) {
  EXPECT_THAT(
      Dataset::Open({"blobs", {{"train", 4e9}, {"features", 1e6}}}, 1, 0).status().ToString(),
      HasSubstr("need more than"));
}

using AnyDataset = DatasetTest;

TEST_F(AnyDataset, UnknownNameGetsTheNearest) {
  EXPECT_THAT(Dataset::Open({"fashion-mnits", {}}, 1, 0).status().ToString(),
              HasSubstr("did you mean \"fashion-mnist\"?"));
}

TEST_F(AnyDataset, RefusesAScaleThatIsNotPositive) {
  for (const double scale : {0.0, -1.0, 1e60, static_cast<double>(NAN)}) {
    EXPECT_FALSE(Dataset::Open({"blobs", {}}, scale, 0).ok()) << scale;
  }
}

using FashionMnist = DatasetTest;

TEST_F(FashionMnist, SaysWhatToInstall) {
  const auto dataset = Dataset::Open({"fashion-mnist", {{"path", folder_.path()}}}, 1, 0);
  EXPECT_TRUE(absl::IsNotFound(dataset.status()));
  EXPECT_THAT(dataset.status().ToString(), HasSubstr("apt-get install dataset-fashion-mnist"));
}

TEST_F(FashionMnist, HasItsKnownShapeAndFirstLabel) {
  if (!std::filesystem::exists(kFashionFolder)) GTEST_SKIP() << "dataset-fashion-mnist is missing";
  ExpectMnistLike(Dataset::Open({"fashion-mnist", {}}, 1, 0), 9);
}

using Mnist = DatasetTest;

TEST_F(Mnist, IsLookedForInTheUsersDataFolderAndSaysWhatFetchesIt) {
  const ScopedVariable data_home("XDG_DATA_HOME", folder_.path());
  const auto dataset = Dataset::Open({"mnist", {}}, 1, 0);
  EXPECT_TRUE(absl::IsNotFound(dataset.status()));
  EXPECT_THAT(dataset.status().ToString(),
              AllOf(HasSubstr(folder_.File("fedround/mnist")),
                    HasSubstr("install it with `scripts/setup --data mnist`")));
}

TEST_F(Mnist, IsNotLookedForAtTheRootWhereNoVariableNamesAFolder) {
  const ScopedVariable data_home("XDG_DATA_HOME", "");
  const ScopedVariable home("HOME", "");
  const auto dataset = Dataset::Open({"mnist", {}}, 1, 0);
  EXPECT_TRUE(absl::IsNotFound(dataset.status()));
  EXPECT_THAT(dataset.status().message(),
              HasSubstr("neither XDG_DATA_HOME nor HOME names the folder"));
}

TEST_F(Mnist, RefusesImagesOfAnotherSize) {
  WriteAll(folder_.File("train-images-idx3-ubyte"), IdxFile({2, 1, 2}, "abcd"));
  WriteAll(folder_.File("train-labels-idx1-ubyte"), IdxFile({2}, {0, 9}));
  WriteAll(folder_.File("t10k-images-idx3-ubyte"), IdxFile({1, 1, 2}, "ab"));
  WriteAll(folder_.File("t10k-labels-idx1-ubyte"), IdxFile({1}, {0}));
  EXPECT_THAT(Dataset::Open({"mnist", {{"path", folder_.path()}}}, 1, 0).status().ToString(),
              HasSubstr("images of 2 pixels in 10 classes; MNIST has 784 and 10"));
}

TEST_F(Mnist, HasItsKnownShapeAndFirstLabel) {
  const auto dataset = Dataset::Open({"mnist", {}}, 1, 0);
  // Fetched from a registry, and only where somebody asked for it: scripts/setup --data mnist.
  if (absl::IsNotFound(dataset.status())) GTEST_SKIP() << dataset.status();
  ExpectMnistLike(dataset, 5);
}

}  // namespace
}  // namespace fedround::data
