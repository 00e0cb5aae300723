#include "common/kernels/sgd.h"

#include "common/base/check.h"
#include "common/kernels/level.h"

namespace fedround::kernels {

void DecayWeights(float decay, float pull, std::span<const float> anchor, std::span<float> w) {
  CHECK(anchor.empty() || anchor.size() == w.size());
  FEDROUND_KERNELS(kSgd).decay_weights(decay, pull, anchor.data(), w.data(), w.size());
}

void DecayVelocity(float momentum, float decay, float pull, std::span<const float> w,
                   std::span<const float> anchor, std::span<float> v) {
  CHECK(w.size() == v.size() && (anchor.empty() || anchor.size() == w.size()));
  FEDROUND_KERNELS(kSgd).decay_velocity(momentum, decay, pull, w.data(), anchor.data(), v.data(),
                                        v.size());
}

void AddDrift(float scale, std::span<const float> drift, std::span<float> target) {
  CHECK(drift.size() == target.size());
  FEDROUND_KERNELS(kSgd).add_drift(scale, drift.data(), target.data(), target.size());
}

void ApplyVelocity(float rate, std::span<const float> v, std::span<float> w) {
  CHECK(v.size() == w.size());
  FEDROUND_KERNELS(kSgd).apply_velocity(rate, v.data(), w.data(), w.size());
}

}  // namespace fedround::kernels
