// The limits of networks and of their files, from both sides, as numbers.
#include <gtest/gtest.h>

#include <cstring>
#include <span>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/nn/network.h"
#include "common/nn/safetensors.h"

namespace fedround::nn {
namespace {

// A network whose only hidden layer is `layer`, on images of that size.
NetworkSpec On(std::size_t height, std::size_t width, PlugIn layer) {
  return {.preset = Preset::kCustom,
          .inputs = height * width,
          .image = {height, width, 1},
          .classes = 2,
          .layers = {std::move(layer), {"flatten", {}}}};
}

bool IsGood(const NetworkSpec& spec) { return Network::Create(spec).ok(); }

PlugIn Conv(double channels, double kernel = 1, double stride = 1, double padding = 0) {
  return {"conv2d",
          {{"channels", channels}, {"kernel", kernel}, {"stride", stride}, {"padding", padding}}};
}

TEST(NetworkLimits, ALayerMakesUpTo16777216Features) {
  EXPECT_TRUE(IsGood(On(64, 64, Conv(4096))));  // 2^24
  EXPECT_FALSE(IsGood(On(65, 64, Conv(4096))));
}

TEST(NetworkLimits, SizesOfWindowsReach4096) {
  EXPECT_TRUE(IsGood(On(1, 4, Conv(1, 1, 4096))));
  EXPECT_FALSE(IsGood(On(1, 4, Conv(1, 1, 4097))));
  EXPECT_FALSE(IsGood(On(2, 4, Conv(4097))));
  EXPECT_FALSE(IsGood(On(2, 4, Conv(0))));
  EXPECT_FALSE(IsGood(On(2, 4, Conv(1, 0))));
  EXPECT_FALSE(IsGood(On(2, 4, Conv(1, 1, 0))));
}

TEST(NetworkLimits, AWindowMayBeAsLargeAsThePaddedImage) {
  EXPECT_TRUE(IsGood(On(4, 4, Conv(1, 4))));
  EXPECT_FALSE(IsGood(On(4, 4, Conv(1, 5))));
  EXPECT_TRUE(IsGood(On(4, 4, Conv(1, 6, 1, 1))));
  EXPECT_FALSE(IsGood(On(4, 4, Conv(1, 7, 1, 1))));
  EXPECT_TRUE(IsGood(On(4, 4, Conv(1, 3, 1, 2))));
  EXPECT_FALSE(IsGood(On(4, 4, Conv(1, 3, 1, 3))));
}

TEST(NetworkLimits, MaxParametersCountsAllOfThem) {
  NetworkSpec spec = On(4, 4, Conv(3));
  const std::size_t parameters = Network::Create(spec)->parameter_count();
  EXPECT_EQ(parameters, 3U + 3 + 2 * 48 + 2);
  spec.max_parameters = parameters;
  EXPECT_TRUE(IsGood(spec));
  spec.max_parameters = parameters - 1;
  EXPECT_FALSE(IsGood(spec));
}

// A file of one tensor of two numbers, whose header has that length.
std::string FileWithHeaderOf(std::size_t bytes) {
  std::string header = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  header.resize(bytes, ' ');
  const std::uint64_t length = bytes;
  return absl::StrCat(absl::string_view(reinterpret_cast<const char*>(&length), sizeof(length)),
                      header, std::string(8, '\0'));
}

absl::StatusCode CodeOf(const std::string& file, std::size_t max_parameters = 2) {
  return ParseSafetensors(std::as_bytes(std::span(file)), max_parameters).status().code();
}

TEST(SafetensorsLimits, AHeaderHasUpTo1MiB) {
  EXPECT_EQ(CodeOf(FileWithHeaderOf(1'048'576)), absl::StatusCode::kOk);
  EXPECT_EQ(CodeOf(FileWithHeaderOf(1'048'577)), absl::StatusCode::kResourceExhausted);
}

TEST(SafetensorsLimits, AModelHasAsManyParametersAsTheCallerAllows) {
  EXPECT_EQ(CodeOf(FileWithHeaderOf(64), 2), absl::StatusCode::kOk);
  EXPECT_EQ(CodeOf(FileWithHeaderOf(64), 1), absl::StatusCode::kResourceExhausted);
}

// The header may end with the file's last byte but not after it.
TEST(SafetensorsLimits, AHeaderFitsIntoItsFile) {
  const std::string file = FileWithHeaderOf(64);
  EXPECT_EQ(CodeOf(file.substr(0, 7)), absl::StatusCode::kDataLoss);
  EXPECT_EQ(CodeOf(file.substr(0, 71)), absl::StatusCode::kDataLoss);
  EXPECT_EQ(CodeOf(std::string("\2\0\0\0\0\0\0\0{}", 10), 0), absl::StatusCode::kOk);
}

}  // namespace
}  // namespace fedround::nn
