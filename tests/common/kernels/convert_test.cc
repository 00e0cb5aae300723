#include "common/kernels/convert.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "tests/common/kernels/at_level.h"

namespace fedround::kernels {
namespace {

class BytesToUnitAtLevel : public AtLevel {};
FEDROUND_AT_EACH_LEVEL(BytesToUnitAtLevel);

TEST_P(BytesToUnitAtLevel, DividesEveryByteExactly) {
  std::vector<std::uint8_t> bytes(256);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  std::vector<float> values(bytes.size());
  BytesToUnit(bytes, 1.0f, values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i], static_cast<float>(i) / 255.0f) << i;
  }
}

TEST_P(BytesToUnitAtLevel, ScalesAnyNumberOfThem) {
  for (std::size_t size = 0; size < 40; ++size) {
    const std::vector<std::uint8_t> bytes(size, 51);
    std::vector<float> values(size, -1.0f);
    BytesToUnit(bytes, 10.0f, values);
    EXPECT_EQ(values, std::vector<float>(size, 51.0f / 255.0f * 10.0f));
  }
}

class ScaleAtLevel : public AtLevel {};
FEDROUND_AT_EACH_LEVEL(ScaleAtLevel);

TEST_P(ScaleAtLevel, Multiplies) {
  std::vector<float> in(37), out(37), expected(37);
  std::iota(in.begin(), in.end(), 1.0f);
  for (std::size_t i = 0; i < in.size(); ++i) expected[i] = in[i] * 0.3f;
  Scale(in, 0.3f, out);
  EXPECT_EQ(out, expected);
}

}  // namespace
}  // namespace fedround::kernels
