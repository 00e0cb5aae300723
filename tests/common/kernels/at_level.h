// Tests that run at every SIMD level of this machine: derive a suite from AtLevel, then
// FEDROUND_AT_EACH_LEVEL(Suite).
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "common/base/named_enum.h"
#include "tests/support/simd_levels.h"

namespace fedround::kernels {

class AtLevel : public ::testing::TestWithParam<SimdLevel> {
  ScopedSimdLevel level_{GetParam()};
};

inline std::string LevelName(const ::testing::TestParamInfo<SimdLevel>& info) {
  return std::string(NameOf(info.param));
}

#define FEDROUND_AT_EACH_LEVEL(suite) \
  INSTANTIATE_TEST_SUITE_P(, suite, ::testing::ValuesIn(SimdLevelsOfThisMachine()), LevelName)

}  // namespace fedround::kernels
