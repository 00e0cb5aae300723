#include "common/data/image_layout.h"

#include <gmock/gmock.h>

#include <cstring>
#include <vector>

#include "common/data/dataset.h"
#include "common/data/datasets/npz.h"
#include "tests/common/data/data_files.h"

namespace fedround::data {
namespace {

using ::testing::HasSubstr;

using Shape = std::vector<std::uint64_t>;

ExampleAxes Axes(const Shape& shape, ImageLayout layout = ImageLayout::kAuto) {
  const auto axes = FindAxes(shape, layout, "x");
  EXPECT_TRUE(axes.ok()) << axes.status();
  return axes.value_or(ExampleAxes{});
}

std::string AxesError(const Shape& shape) {
  return FindAxes(shape, ImageLayout::kAuto, "x").status().ToString();
}

TEST(FindAxes, TakesTheAxisThatCanBeChannels) {
  EXPECT_EQ(Axes({9, 28, 28, 1}), (ExampleAxes{{28, 28, 1}, ImageLayout::kNhwc}));
  EXPECT_EQ(Axes({9, 32, 32, 3}), (ExampleAxes{{32, 32, 3}, ImageLayout::kNhwc}));
  EXPECT_EQ(Axes({9, 5, 4, 4}), (ExampleAxes{{5, 4, 4}, ImageLayout::kNhwc}));
  EXPECT_EQ(Axes({9, 1, 28, 28}), (ExampleAxes{{28, 28, 1}, ImageLayout::kNchw}));
  EXPECT_EQ(Axes({9, 3, 32, 16}), (ExampleAxes{{32, 16, 3}, ImageLayout::kNchw}));
  EXPECT_EQ(Axes({9, 4, 8, 8}), (ExampleAxes{{8, 8, 4}, ImageLayout::kNchw}));
}

TEST(FindAxes, RefusesToGuess) {
  EXPECT_THAT(AxesError({9, 3, 8, 3}), HasSubstr("3 x 8 x 3: both the first and the last axis"));
  EXPECT_THAT(AxesError({9, 1, 28, 4}), HasSubstr("both"));
  EXPECT_THAT(AxesError({9, 8, 8, 2}), HasSubstr("8 x 8 x 2: neither the first nor the last axis"));
  EXPECT_THAT(AxesError({9, 8, 3, 8}), HasSubstr("data.layout = \"nhwc\""));
}

TEST(FindAxes, TakesWhatItIsTold) {
  EXPECT_EQ(Axes({9, 3, 8, 3}, ImageLayout::kNchw), (ExampleAxes{{8, 3, 3}, ImageLayout::kNchw}));
  EXPECT_EQ(Axes({9, 3, 8, 3}, ImageLayout::kNhwc), (ExampleAxes{{3, 8, 3}, ImageLayout::kNhwc}));
  EXPECT_EQ(Axes({9, 16, 8, 8}, ImageLayout::kNchw), (ExampleAxes{{8, 8, 16}, ImageLayout::kNchw}));
}

TEST(FindAxes, SeesNoChannelsInTwoAxes) {
  for (const ImageLayout layout : {ImageLayout::kAuto, ImageLayout::kNchw}) {
    EXPECT_EQ(Axes({9, 5, 4}, layout), (ExampleAxes{{5, 4, 1}, std::nullopt}));
  }
}

TEST(FindAxes, FlattensAnythingElse) {
  EXPECT_EQ(Axes({9, 5}), (ExampleAxes{{1, 1, 5}, std::nullopt}));
  EXPECT_EQ(Axes({9, 2, 3, 4, 5}), (ExampleAxes{{1, 1, 120}, std::nullopt}));
}

TEST(PutChannelsLast, MovesEachItemWhole) {
  // Two examples of 3 channels, 2 x 2 pixels.
  const FeatureShape shape{2, 2, 3};
  std::vector<float> values(24);
  std::vector<float> expected(24);
  for (std::size_t n = 0; n < 2; ++n) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      for (std::size_t pixel = 0; pixel < 4; ++pixel) {
        const auto value = static_cast<float>(100 * n + 10 * channel + pixel);
        values[n * 12 + channel * 4 + pixel] = value;
        expected[n * 12 + pixel * 3 + channel] = value;
      }
    }
  }
  PutChannelsLast(std::as_writable_bytes(std::span(values)), shape, sizeof(float));
  EXPECT_EQ(values, expected);
}

// Two training images and a test image of these bytes.
std::string Images(const Shape& axes, const std::string& image) {
  Shape two = axes;
  two.insert(two.begin(), 2);
  Shape one = axes;
  one.insert(one.begin(), 1);
  return ZipFile({{"x_train.npy", NpyFile("|u1", two, image + image)},
                  {"y_train.npy", NpyFile("|u1", {2}, std::string("\0\1", 2))},
                  {"x_test.npy", NpyFile("|u1", one, image)},
                  {"y_test.npy", NpyFile("|u1", {1}, "\1")}});
}

TEST(DecodeNpz, BringsChannelsLast) {
  // 3 channels, 2 x 5 pixels.
  const auto decoded =
      DecodeNpz(BytesOf(Images({3, 2, 5}, "abcdefghijABCDEFGHIJ0123456789")), "f.npz");
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->shape, (FeatureShape{2, 5, 3}));
  EXPECT_EQ(decoded->layout, ImageLayout::kNchw);
  const std::string row = "aA0bB1cC2dD3eE4fF5gG6hH7iI8jJ9";
  EXPECT_EQ(std::memcmp(decoded->train.values.data(), (row + row).data(), 60), 0);
  EXPECT_EQ(std::memcmp(decoded->test.values.data(), row.data(), 30), 0);
}

TEST(DecodeNpz, HashesImagesAloneWhateverTheirLayoutWas) {
  const auto first = DecodeNpz(BytesOf(Images({3, 2, 5}, "abcdefghijABCDEFGHIJ0123456789")), "f");
  const auto last = DecodeNpz(BytesOf(Images({2, 5, 3}, "aA0bB1cC2dD3eE4fF5gG6hH7iI8jJ9")), "f");
  EXPECT_EQ(ContentHash(*first), ContentHash(*last));
}

TEST(DecodeNpz, RefusesImagesWhoseLayoutCannotBeSeen) {
  EXPECT_THAT(DecodeNpz(BytesOf(Images({3, 1, 3}, "abcdefghi")), "f.npz").status().ToString(),
              HasSubstr("f.npz(x_train.npy): examples of 3 x 1 x 3"));
}

using CachedImages = DatasetTest;

TEST_F(CachedImages, AreThoseOfTheLayoutThatIsAskedFor) {
  WriteAll(folder_.File("data.npz"), Images({3, 2, 5}, "abcdefghijABCDEFGHIJ0123456789"));
  const PlugIn npz{"npz", {{"path", folder_.File("data.npz")}}};
  const auto guessed = Dataset::Open(npz, 1, 0);
  const auto last = Dataset::Open(npz, 1, 0, ImageLayout::kNhwc);
  ASSERT_TRUE(guessed.ok() && last.ok());
  EXPECT_EQ(guessed->shape(), (FeatureShape{2, 5, 3}));
  EXPECT_EQ(last->shape(), (FeatureShape{3, 2, 5}));
  EXPECT_NE(guessed->hash(), last->hash());
  const auto again = Dataset::Open(npz, 1, 0);
  EXPECT_EQ(again->hash(), guessed->hash());
  EXPECT_EQ(again->layout(), ImageLayout::kNchw);
}

TEST_F(CachedImages, OfAnotherLayoutAreNotThoseThatAreKnown) {
  WriteAll(folder_.File("data.npz"), Images({3, 2, 5}, "abcdefghijABCDEFGHIJ0123456789"));
  const PlugIn npz{"npz", {{"path", folder_.File("data.npz")}}};
  const std::string first = Dataset::Open(npz, 1, 0)->hash();
  const auto last = Dataset::Open(npz, 1, 0, ImageLayout::kNhwc, first);
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(last->shape(), (FeatureShape{3, 2, 5}));
  EXPECT_NE(last->hash(), first);
}

TEST_F(CachedImages, OfIdxFilesHaveALayoutToo) {
  const std::string image = "abcdefghijABCDEFGHIJ0123456789";
  WriteAll(folder_.File("train-images-idx3-ubyte"), IdxFile({2, 3, 2, 5}, image + image));
  WriteAll(folder_.File("train-labels-idx1-ubyte"), IdxFile({2}, std::string("\0\1", 2)));
  WriteAll(folder_.File("t10k-images-idx3-ubyte"), IdxFile({1, 3, 2, 5}, image));
  WriteAll(folder_.File("t10k-labels-idx1-ubyte"), IdxFile({1}, "\1"));
  const auto dataset = Dataset::Open({"idx", {{"path", folder_.path()}}}, 255, 0);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ(dataset->shape(), (FeatureShape{2, 5, 3}));
  const std::vector<std::uint32_t> rows{1};
  const auto examples = dataset->Read(Split::kTrain, rows);
  ASSERT_TRUE(examples.ok()) << examples.status();
  std::vector<float> inputs(30);
  std::vector<std::uint32_t> label(1);
  examples->Gather(std::vector<std::uint32_t>{0}, inputs, label);
  EXPECT_EQ(std::string(inputs.begin(), inputs.begin() + 3), "aA0");
}

}  // namespace
}  // namespace fedround::data
