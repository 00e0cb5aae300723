#include "experiments/bench/limits.h"

#include <algorithm>
#include <memory>
#include <span>

#include "common/base/aligned_buffer.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace fedround::bench {
namespace {

// Enough to hide a latency of four cycles on two units, few enough for 16 registers.
constexpr int kChains = 12;
constexpr std::size_t kL2Floats = std::size_t{512} * 1024 / sizeof(float);
constexpr std::size_t kDramFloats = std::size_t{128} * 1024 * 1024 / sizeof(float);
constexpr std::size_t kStreams = 4;
// How much a step over memory reads: little compared to a slice, much compared to a call.
constexpr std::size_t kStepFloats = kL2Floats;

volatile float sink;

// One set for each width, since the instructions that a function may use are an attribute of the
// function. The bodies of the memory passes are inlined into them and take their width.
struct Kernels {
  absl::string_view name;
  std::size_t lanes;
  float (*fma)(std::size_t rounds);  // kChains vectors of multiply-adds per round
  float (*sum)(std::span<const float> values);
  void (*update)(std::span<float> values);
};

// The sum of `values`, whose size is a multiple of 8 vectors of each stream.
template <typename Vector>
[[gnu::always_inline]] inline float SumStreams(std::span<const float> values) {
  const std::size_t stream = values.size() / kStreams / (sizeof(Vector) / sizeof(float));
  const auto* const vectors = reinterpret_cast<const Vector*>(values.data());
  Vector sums[2 * kStreams] = {};
  for (std::size_t i = 0; i < stream; i += 2) {
    for (std::size_t s = 0; s < kStreams; ++s) {
      sums[2 * s] += vectors[s * stream + i];
      sums[2 * s + 1] += vectors[s * stream + i + 1];
    }
  }
  for (std::size_t s = 1; s < 2 * kStreams; ++s) sums[0] += sums[s];
  float total = 0;
  for (std::size_t lane = 0; lane < sizeof(Vector) / sizeof(float); ++lane) total += sums[0][lane];
  return total;
}

// values = 0.999999 values + 1e-6: stays at 1.
template <typename Vector>
[[gnu::always_inline]] inline void UpdateInPlace(std::span<float> values) {
  auto* const vectors = reinterpret_cast<Vector*>(values.data());
  const std::size_t count = values.size() / (sizeof(Vector) / sizeof(float));
  const Vector factor = Vector{} + 0.999999F;
  const Vector term = Vector{} + 1e-6F;
  for (std::size_t i = 0; i < count; ++i) vectors[i] = vectors[i] * factor + term;
}

using Vector128 [[gnu::vector_size(16), gnu::may_alias]] = float;

float Fma128(std::size_t rounds) {
  Vector128 chains[kChains];
  for (int j = 0; j < kChains; ++j) chains[j] = Vector128{} + static_cast<float>(j);
  const Vector128 factor = Vector128{} + 0.999999F;
  const Vector128 term = Vector128{} + 1e-7F;
  for (std::size_t i = 0; i < rounds; ++i) {
    for (Vector128& chain : chains) chain = chain * factor + term;
  }
  for (int j = 1; j < kChains; ++j) chains[0] += chains[j];
  return chains[0][0];
}
float Sum128(std::span<const float> values) { return SumStreams<Vector128>(values); }
void Update128(std::span<float> values) { UpdateInPlace<Vector128>(values); }

constexpr Kernels kSse2 = {"SSE2", 4, Fma128, Sum128, Update128};

#if defined(__x86_64__)

using Vector256 [[gnu::vector_size(32), gnu::may_alias]] = float;
using Vector512 [[gnu::vector_size(64), gnu::may_alias]] = float;

[[gnu::target("avx2,fma")]] float Fma256(std::size_t rounds) {
  __m256 chains[kChains];
  for (int j = 0; j < kChains; ++j) chains[j] = _mm256_set1_ps(static_cast<float>(j));
  const __m256 factor = _mm256_set1_ps(0.999999F);
  const __m256 term = _mm256_set1_ps(1e-7F);
  for (std::size_t i = 0; i < rounds; ++i) {
    for (__m256& chain : chains) chain = _mm256_fmadd_ps(chain, factor, term);
  }
  for (int j = 1; j < kChains; ++j) chains[0] = _mm256_add_ps(chains[0], chains[j]);
  return _mm256_cvtss_f32(chains[0]);
}
[[gnu::target("avx2,fma")]] float Sum256(std::span<const float> values) {
  return SumStreams<Vector256>(values);
}
[[gnu::target("avx2,fma")]] void Update256(std::span<float> values) {
  UpdateInPlace<Vector256>(values);
}

[[gnu::target("avx512f")]] float Fma512(std::size_t rounds) {
  __m512 chains[kChains];
  for (int j = 0; j < kChains; ++j) chains[j] = _mm512_set1_ps(static_cast<float>(j));
  const __m512 factor = _mm512_set1_ps(0.999999F);
  const __m512 term = _mm512_set1_ps(1e-7F);
  for (std::size_t i = 0; i < rounds; ++i) {
    for (__m512& chain : chains) chain = _mm512_fmadd_ps(chain, factor, term);
  }
  for (int j = 1; j < kChains; ++j) chains[0] = _mm512_add_ps(chains[0], chains[j]);
  return _mm512_cvtss_f32(chains[0]);
}
[[gnu::target("avx512f")]] float Sum512(std::span<const float> values) {
  return SumStreams<Vector512>(values);
}
[[gnu::target("avx512f")]] void Update512(std::span<float> values) {
  UpdateInPlace<Vector512>(values);
}

constexpr Kernels kAvx2 = {"AVX2", 8, Fma256, Sum256, Update256};
constexpr Kernels kAvx512 = {"AVX-512", 16, Fma512, Sum512, Update512};

const Kernels& Widest() {
  if (__builtin_cpu_supports("avx512f")) return kAvx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return kAvx2;
  return kSse2;
}

#else

const Kernels& Widest() { return kSse2; }

#endif

std::shared_ptr<FloatBuffer> MakeOnes(std::size_t size) {
  auto buffer = std::make_shared<FloatBuffer>(size);
  std::ranges::fill(buffer->span(), 1.0F);
  return buffer;
}

}  // namespace

absl::string_view WidestVectors() { return Widest().name; }

std::vector<Limit> MakeLimits() {
  const Kernels& kernels = Widest();
  constexpr std::size_t kRounds = 1000;
  const auto l2 = MakeOnes(kL2Floats);
  const auto dram = MakeOnes(kDramFloats);
  std::vector<Limit> limits(kLimits);
  limits[kFma] = {
      {"fma", [&kernels](std::size_t steps) { sink = kernels.fma(steps * kRounds); }, {}},
      static_cast<double>(2 * kRounds * kChains * kernels.lanes)};
  limits[kL2Read] = {{"l2_read",
                      [&kernels, l2](std::size_t steps) {
                        while (steps-- > 0) sink = kernels.sum(l2->span());
                      },
                      {}},
                     static_cast<double>(kL2Floats * sizeof(float))};
  limits[kL2Update] = {{"l2_update",
                        [&kernels, l2](std::size_t steps) {
                          while (steps-- > 0) kernels.update(l2->span());
                        },
                        {}},
                       static_cast<double>(2 * kL2Floats * sizeof(float))};
  limits[kDramRead] = {{"dram_read",
                        [&kernels, dram, next = std::size_t{0}](std::size_t steps) mutable {
                          while (steps-- > 0) {
                            sink = kernels.sum(dram->span().subspan(next, kStepFloats));
                            next = (next + kStepFloats) % kDramFloats;
                          }
                        },
                        {}},
                       static_cast<double>(kStepFloats * sizeof(float))};
  return limits;
}

}  // namespace fedround::bench
