// The loops of `sgd.h`, which compilers turn into vectors.
#include "common/kernels/simd/kernels.h"

namespace fedround::kernels::FEDROUND_SIMD {
namespace {

void DecayWeights(float decay, float pull, const float* __restrict anchor, float* __restrict w,
                  std::size_t size) {
  if (anchor == nullptr) {
    for (std::size_t i = 0; i < size; ++i) w[i] = w[i] - decay * w[i];
    return;
  }
  for (std::size_t i = 0; i < size; ++i) w[i] = w[i] - decay * w[i] - pull * (w[i] - anchor[i]);
}

void DecayVelocity(float momentum, float decay, float pull, const float* __restrict w,
                   const float* __restrict anchor, float* __restrict v, std::size_t size) {
  if (anchor == nullptr) {
    for (std::size_t i = 0; i < size; ++i) v[i] = momentum * v[i] + decay * w[i];
    return;
  }
  for (std::size_t i = 0; i < size; ++i) {
    v[i] = momentum * v[i] + decay * w[i] + pull * (w[i] - anchor[i]);
  }
}

void AddDrift(float scale, const float* __restrict drift, float* __restrict target,
              std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) target[i] = target[i] + scale * drift[i];
}

void ApplyVelocity(float rate, const float* __restrict v, float* __restrict w, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) w[i] = w[i] - rate * v[i];
}

}  // namespace

const SgdKernels kSgd = {&DecayWeights, &DecayVelocity, &AddDrift, &ApplyVelocity};

}  // namespace fedround::kernels::FEDROUND_SIMD
