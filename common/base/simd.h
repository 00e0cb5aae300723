// The SIMD level this build was compiled for. Eigen sums in an order that depends on it, so the
// level belongs to a result as much as the seed does; runs that mix levels are refused.
#pragma once

#include "absl/strings/string_view.h"

namespace fedround {

inline constexpr absl::string_view kSimdLevel =
#if defined(__AVX512F__)
    "avx512";
#elif defined(__AVX2__)
    "avx2";
#else
    "sse2";
#endif

}  // namespace fedround
