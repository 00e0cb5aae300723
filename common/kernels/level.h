// Picks the kernels of the SIMD level in use.
#pragma once

#include "common/base/cpu/simd.h"
#include "common/kernels/simd/kernels.h"

namespace fedround::kernels {

template <typename Table>
const Table& OfLevelInUse(const Table& sse2, const Table& avx2, const Table& avx512) {
  switch (SimdLevelInUse()) {
    case SimdLevel::kAvx512:
      return avx512;
    case SimdLevel::kAvx2:
      return avx2;
    case SimdLevel::kSse2:
      break;
  }
  return sse2;
}

// FEDROUND_KERNELS(kDense): the table of that name.
#define FEDROUND_KERNELS(table) \
  ::fedround::kernels::OfLevelInUse(sse2::table, avx2::table, avx512::table)

}  // namespace fedround::kernels
