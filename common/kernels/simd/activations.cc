// The fast kernels of `activations.h`: formulas in VectorMath, several vectors at once, so that the
// latency of one is hidden by work on the others.
#include "common/kernels/activations/all.h"
#include "common/kernels/simd/kernels.h"
#include "common/kernels/simd/vector_math.h"

namespace fedround::kernels::FEDROUND_SIMD {
namespace {

constexpr std::size_t kTogether = 4;

// Runs over elements [first, size): many vectors at once while there are enough, then one at a
// time, then the part of one that is left.
template <typename Many, typename One, typename Part>
FEDROUND_INLINE void ForAll(std::size_t size, Many many, One one, Part part) {
  std::size_t i = 0;
  for (; i + kTogether * kWidth <= size; i += kTogether * kWidth) many(i);
  for (; i + kWidth <= size; i += kWidth) one(i);
  if (i < size) part(i, FirstLanes(size - i));
}

template <template <typename> typename F>
[[gnu::flatten]] void Forward(double option, const float* z, float* a, std::size_t size) {
  const F<VectorMath> f(option);
  if (F<VectorMath>::kFacts.form == ActivationForm::kLinear && z == a) return;
  ForAll(
      size,
      [&](std::size_t i) {
        Vec v[kTogether];
        FEDROUND_UNROLL
        for (std::size_t k = 0; k < kTogether; ++k) v[k] = f.Value(Load(z + i + k * kWidth));
        FEDROUND_UNROLL
        for (std::size_t k = 0; k < kTogether; ++k) Store(a + i + k * kWidth, v[k]);
      },
      [&](std::size_t i) { Store(a + i, f.Value(Load(z + i))); },
      [&](std::size_t i, Mask lanes) { StorePart(a + i, f.Value(LoadPart(z + i, lanes)), lanes); });
}

template <template <typename> typename F>
[[gnu::flatten]] void Backward(double option, const float* kept, float* gradient,
                               std::size_t size) {
  const F<VectorMath> f(option);
  if (F<VectorMath>::kFacts.form == ActivationForm::kLinear) return;
  ForAll(
      size,
      [&](std::size_t i) {
        Vec v[kTogether];
        FEDROUND_UNROLL
        for (std::size_t k = 0; k < kTogether; ++k) {
          v[k] = f.Gradient(Load(kept + i + k * kWidth), Load(gradient + i + k * kWidth));
        }
        FEDROUND_UNROLL
        for (std::size_t k = 0; k < kTogether; ++k) Store(gradient + i + k * kWidth, v[k]);
      },
      [&](std::size_t i) { Store(gradient + i, f.Gradient(Load(kept + i), Load(gradient + i))); },
      [&](std::size_t i, Mask lanes) {
        StorePart(gradient + i,
                  f.Gradient(LoadPart(kept + i, lanes), LoadPart(gradient + i, lanes)), lanes);
      });
}

}  // namespace

const ActivationLoops kFastActivations[kActivations] = {
#define FEDROUND_ACTIVATION(name) {&Forward<name>, &Backward<name>},
#include "common/kernels/activations/table.inc"
#undef FEDROUND_ACTIVATION
};

}  // namespace fedround::kernels::FEDROUND_SIMD
