// What an activation function is to the network: two passes over a block of elements and a few
// facts.
//
// Each one is a formula in common/kernels/activations. The passes work on float, by one of up to
// four kernels; Value and Derivative are the formula in double, and every kernel of every entry is
// checked against them. Stateless after construction, so thread-safe.
#pragma once

#include <span>

namespace fedround::nn {

class Activation {
 public:
  // What Backward needs to see again. An activation that only needs its output overwrites its
  // input: one buffer less, and the one left is still in the cache.
  enum class Keeps { kInput, kOutput };

  virtual ~Activation() = default;

  // The factor by which independent weights of unit variance must be scaled so that a layer keeps
  // the second moment of its input: 1 / sqrt(E[f(z)^2]) for z ~ N(0, 1) (He et al. 2015), or the
  // customary value where there is one (PyTorch's `calculate_gain`).
  virtual double gain() const = 0;
  virtual Keeps keeps() const = 0;
  // Where the derivative jumps. Sorted.
  virtual std::span<const double> kinks() const { return {}; }

  // a = f(z), element by element; `a` may be the same memory as `z`.
  virtual void Forward(std::span<const float> z, std::span<float> a) const = 0;
  // gradient *= f'(z), element by element. `kept` is what keeps() asks for.
  virtual void Backward(std::span<const float> kept, std::span<float> gradient) const = 0;

  // f and f' at one point. At a kink the derivative is that of one of the two sides.
  virtual double Value(double z) const = 0;
  virtual double Derivative(double z) const = 0;
};

}  // namespace fedround::nn
