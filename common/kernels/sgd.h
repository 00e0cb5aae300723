// The passes over the parameters that an SGD step needs beside its products. All spans have one
// size and are disjoint; `anchor` is empty if nothing pulls the weights towards it.
#pragma once

#include <span>

namespace fedround::kernels {

// w -= decay w + pull (w - anchor)
void DecayWeights(float decay, float pull, std::span<const float> anchor, std::span<float> w);

// v = momentum v + decay w + pull (w - anchor)
void DecayVelocity(float momentum, float decay, float pull, std::span<const float> w,
                   std::span<const float> anchor, std::span<float> v);

// target += scale drift
void AddDrift(float scale, std::span<const float> drift, std::span<float> target);

// w -= rate v
void ApplyVelocity(float rate, std::span<const float> v, std::span<float> w);

}  // namespace fedround::kernels
