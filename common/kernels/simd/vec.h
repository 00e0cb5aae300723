// A vector of floats as wide as the level that the file is compiled for.
//
// The files of this folder are compiled once per SIMD level, with that level's -march and with
// FEDROUND_SIMD defined as its name. What they define lives in a namespace of that name, or is
// invisible outside its file. They must not define an inline function that the linker could take
// for another level's (the program would then run, say, AVX-512 code on a machine without it): no
// templates of the standard library, no Abseil, no CHECK. A test looks at the objects' symbols.
//
// Arithmetic, comparisons and `mask ? a : b` are the compiler's own on vectors; the rest is here.
// Multiply-add is spelled out and contraction is off, so every compiler gives the same bits.
#pragma once

// gcc's own AVX-512 intrinsics make it warn once they are inlined (gcc bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#define FEDROUND_INLINE static inline __attribute__((always_inline))
#define FEDROUND_MEMBER inline __attribute__((always_inline))
// Stands before a loop over registers, whose bound is a small constant.
#if defined(__clang__)
#define FEDROUND_UNROLL _Pragma("unroll")
#else
#define FEDROUND_UNROLL _Pragma("GCC unroll 16")
#endif

namespace fedround::kernels::FEDROUND_SIMD {

#if defined(__AVX512F__)
constexpr std::size_t kWidth = 16;
#elif defined(__AVX2__)
constexpr std::size_t kWidth = 8;
#else
constexpr std::size_t kWidth = 4;
#endif

using Vec = float __attribute__((vector_size(kWidth * sizeof(float))));
using Bits = std::int32_t __attribute__((vector_size(kWidth * sizeof(float))));

FEDROUND_INLINE Vec Broadcast(float x) {
#if defined(__AVX512F__)
  return _mm512_set1_ps(x);
#elif defined(__AVX2__)
  return _mm256_set1_ps(x);
#else
  return _mm_set1_ps(x);
#endif
}

FEDROUND_INLINE Vec Zero() { return Vec{}; }

FEDROUND_INLINE Vec Load(const float* from) {
#if defined(__AVX512F__)
  return _mm512_loadu_ps(from);
#elif defined(__AVX2__)
  return _mm256_loadu_ps(from);
#else
  return _mm_loadu_ps(from);
#endif
}

FEDROUND_INLINE void Store(float* to, Vec v) {
#if defined(__AVX512F__)
  _mm512_storeu_ps(to, v);
#elif defined(__AVX2__)
  _mm256_storeu_ps(to, v);
#else
  _mm_storeu_ps(to, v);
#endif
}

#if defined(__AVX512F__)
using Mask = __mmask16;
FEDROUND_INLINE Mask FirstLanes(std::size_t count) { return static_cast<Mask>((1U << count) - 1); }
FEDROUND_INLINE Vec LoadPart(const float* from, Mask lanes) {
  return _mm512_maskz_loadu_ps(lanes, from);
}
FEDROUND_INLINE void StorePart(float* to, Vec v, Mask lanes) {
  _mm512_mask_storeu_ps(to, lanes, v);
}
#elif defined(__AVX2__)
using Mask = __m256i;
FEDROUND_INLINE Mask FirstLanes(std::size_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
FEDROUND_INLINE Vec LoadPart(const float* from, Mask lanes) {
  return _mm256_maskload_ps(from, lanes);
}
FEDROUND_INLINE void StorePart(float* to, Vec v, Mask lanes) { _mm256_maskstore_ps(to, lanes, v); }
#else
using Mask = std::size_t;
FEDROUND_INLINE Mask FirstLanes(std::size_t count) { return count; }
FEDROUND_INLINE Vec LoadPart(const float* from, Mask lanes) {
  Vec v = Zero();
  for (std::size_t i = 0; i < lanes; ++i) v[i] = from[i];
  return v;
}
FEDROUND_INLINE void StorePart(float* to, Vec v, Mask lanes) {
  for (std::size_t i = 0; i < lanes; ++i) to[i] = v[i];
}
#endif

// The first `count` < kWidth lanes; the others are zero, or left alone in memory. No byte beyond
// them is touched.

// Floats as their bits: only +0 is 0.
FEDROUND_INLINE Bits LoadBits(const float* from) { return reinterpret_cast<Bits>(Load(from)); }

FEDROUND_INLINE bool AnyNonZero(Bits bits) {
#if defined(__AVX512F__)
  return _mm512_test_epi32_mask(reinterpret_cast<__m512i>(bits), reinterpret_cast<__m512i>(bits)) !=
         0;
#elif defined(__AVX2__)
  return !_mm256_testz_si256(reinterpret_cast<__m256i>(bits), reinterpret_cast<__m256i>(bits));
#else
  const __m128i zeros = _mm_cmpeq_epi32(reinterpret_cast<__m128i>(bits), _mm_setzero_si128());
  return _mm_movemask_epi8(zeros) != 0xffff;
#endif
}

// a b + c, rounded once where the level has such an instruction.
FEDROUND_INLINE Vec MulAdd(Vec a, Vec b, Vec c) {
#if defined(__AVX512F__)
  return _mm512_fmadd_ps(a, b, c);
#elif defined(__FMA__)
  return _mm256_fmadd_ps(a, b, c);
#else
  return a * b + c;
#endif
}

// The larger and the smaller of two, lane by lane: `x` where it is NaN.
FEDROUND_INLINE Vec Max(Vec limit, Vec x) {
#if defined(__AVX512F__)
  return _mm512_max_ps(limit, x);
#elif defined(__AVX2__)
  return _mm256_max_ps(limit, x);
#else
  return _mm_max_ps(limit, x);
#endif
}
FEDROUND_INLINE Vec Min(Vec limit, Vec x) {
#if defined(__AVX512F__)
  return _mm512_min_ps(limit, x);
#elif defined(__AVX2__)
  return _mm256_min_ps(limit, x);
#else
  return _mm_min_ps(limit, x);
#endif
}

// Interleaves the lanes of a and b: their first halves, and their second halves.
#if defined(__AVX512F__)
#define FEDROUND_IN_TURN(a, b, from)                                                     \
  __builtin_shufflevector(a, b, from, 16 + (from), (from) + 1, 17 + (from), (from) + 2,  \
                          18 + (from), (from) + 3, 19 + (from), (from) + 4, 20 + (from), \
                          (from) + 5, 21 + (from), (from) + 6, 22 + (from), (from) + 7,  \
                          23 + (from))
#elif defined(__AVX2__)
#define FEDROUND_IN_TURN(a, b, from)                                                               \
  __builtin_shufflevector(a, b, from, 8 + (from), (from) + 1, 9 + (from), (from) + 2, 10 + (from), \
                          (from) + 3, 11 + (from))
#else
#define FEDROUND_IN_TURN(a, b, from) \
  __builtin_shufflevector(a, b, from, 4 + (from), (from) + 1, 5 + (from))
#endif

// rows[i][k] becomes rows[k][i], in log2(kWidth) shuffles of all rows.
FEDROUND_INLINE void Transpose(Vec (&rows)[kWidth]) {
  FEDROUND_UNROLL
  for (std::size_t half = 1; half < kWidth; half *= 2) {
    Vec next[kWidth];
    FEDROUND_UNROLL
    for (std::size_t i = 0; i < kWidth / 2; ++i) {
      next[2 * i] = FEDROUND_IN_TURN(rows[i], rows[i + kWidth / 2], 0);
      next[2 * i + 1] = FEDROUND_IN_TURN(rows[i], rows[i + kWidth / 2], kWidth / 2);
    }
    FEDROUND_UNROLL
    for (std::size_t i = 0; i < kWidth; ++i) rows[i] = next[i];
  }
}

// The sums over all lanes of a, b, c and d; the order of additions is fixed for each level.
FEDROUND_INLINE __m128 SumLanes(Vec a, Vec b, Vec c, Vec d) {
#if defined(__AVX512F__)
  const __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
  const __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
  const __m512d low = _mm512_unpacklo_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd));
  const __m512d high = _mm512_unpackhi_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd));
  const __m512 all = _mm512_add_ps(_mm512_castpd_ps(low), _mm512_castpd_ps(high));
  const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(all), _mm512_extractf32x8_ps(all, 1));
#elif defined(__AVX2__)
  const __m256 ab = _mm256_add_ps(_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
  const __m256 cd = _mm256_add_ps(_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
  const __m256d low = _mm256_unpacklo_pd(_mm256_castps_pd(ab), _mm256_castps_pd(cd));
  const __m256d high = _mm256_unpackhi_pd(_mm256_castps_pd(ab), _mm256_castps_pd(cd));
  const __m256 half = _mm256_add_ps(_mm256_castpd_ps(low), _mm256_castpd_ps(high));
#endif
#if defined(__AVX2__)
  return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
#else
  const __m128 ab = _mm_add_ps(_mm_unpacklo_ps(a, b), _mm_unpackhi_ps(a, b));
  const __m128 cd = _mm_add_ps(_mm_unpacklo_ps(c, d), _mm_unpackhi_ps(c, d));
  return _mm_add_ps(_mm_movelh_ps(ab, cd), _mm_movehl_ps(cd, ab));
#endif
}

}  // namespace fedround::kernels::FEDROUND_SIMD
