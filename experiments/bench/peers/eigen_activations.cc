// The expressions are those for which Eigen 3.4 has vector code: its log1p and its select() over
// exp() run element by element. If a derivative needs one value several times, it is kept for a
// block that stays in the first-level cache.
#include <Eigen/Core>
#include <algorithm>
#include <unsupported/Eigen/SpecialFunctions>

#include "experiments/bench/peers/activations.h"

namespace fedround::bench {
namespace {

constexpr std::size_t kBlock = 512;
constexpr float kSqrtHalf = 0.70710678F;
constexpr float kInverseSqrtTwoPi = 0.39894228F;
constexpr float kTanhScale = 0.79788456F;  // sqrt(2 / pi)
constexpr float kTanhCubic = 0.044715F;
constexpr float kSlope = 0.01F;

using Values = Eigen::Map<Eigen::ArrayXf>;
using Kept = Eigen::Map<const Eigen::ArrayXf>;
using Block = Eigen::Array<float, Eigen::Dynamic, 1, 0, kBlock, 1>;

// A pass in blocks.
template <void (*kFunction)(Values)>
void Forward(float* values, std::size_t size) {
  for (std::size_t i = 0; i < size; i += kBlock) {
    kFunction(Values(values + i, static_cast<Eigen::Index>(std::min(kBlock, size - i))));
  }
}
template <void (*kFunction)(Kept, Values)>
void Backward(const float* kept, float* gradient, std::size_t size) {
  for (std::size_t i = 0; i < size; i += kBlock) {
    const auto count = static_cast<Eigen::Index>(std::min(kBlock, size - i));
    kFunction(Kept(kept + i, count), Values(gradient + i, count));
  }
}

void Relu(Values x) { x = x.max(0.0F); }
void ReluBack(Kept y, Values g) { g = (y > 0.0F).select(g, 0.0F); }

void LeakyRelu(Values x) { x = x.max(kSlope * x); }
void LeakyReluBack(Kept y, Values g) { g = (y > 0.0F).select(g, kSlope * g); }

void Elu(Values x) { x = x.max(0.0F) + (x.min(0.0F).exp() - 1.0F); }
void EluBack(Kept y, Values g) { g *= y.min(0.0F) + 1.0F; }

void Tanh(Values x) { x = x.tanh(); }
void TanhBack(Kept y, Values g) { g *= 1.0F - y * y; }

void Sigmoid(Values x) { x = x.logistic(); }
void SigmoidBack(Kept y, Values g) { g *= y * (1.0F - y); }

void Silu(Values x) { x *= x.logistic(); }
void SiluBack(Kept x, Values g) {
  const Block s = x.logistic();
  g *= s * (1.0F + x * (1.0F - s));
}

void Gelu(Values x) { x *= 0.5F * (1.0F + (x * kSqrtHalf).erf()); }
void GeluBack(Kept x, Values g) {
  g *= 0.5F * (1.0F + (x * kSqrtHalf).erf()) + x * kInverseSqrtTwoPi * (-0.5F * x * x).exp();
}

void GeluTanh(Values x) {
  x *= 0.5F * (1.0F + (kTanhScale * x * (1.0F + kTanhCubic * x * x)).tanh());
}
void GeluTanhBack(Kept x, Values g) {
  const Block t = (kTanhScale * x * (1.0F + kTanhCubic * x * x)).tanh();
  g *= 0.5F * (1.0F + t + x * (1.0F - t * t) * kTanhScale * (1.0F + 3.0F * kTanhCubic * x * x));
}

void Softplus(Values x) { x = x.max(0.0F) + (1.0F + (-x.abs()).exp()).log(); }
void SoftplusBack(Kept x, Values g) { g *= x.logistic(); }

// tanh(softplus(x)) = e (e + 2) / (e (e + 2) + 2) with e = exp(x); beyond 20 it is 1.
void Mish(Values x) {
  const Block e = x.min(20.0F).exp();
  const Block w = e * (e + 2.0F);
  x *= w / (w + 2.0F);
}
void MishBack(Kept x, Values g) {
  const Block e = x.min(20.0F).exp();
  const Block w = e * (e + 2.0F);
  const Block t = w / (w + 2.0F);
  g *= t + x * (e / (e + 1.0F)) * (1.0F - t * t);
}

constexpr PeerActivation kActivations[] = {
    {"elu", true, Forward<Elu>, Backward<EluBack>},
    {"gelu", false, Forward<Gelu>, Backward<GeluBack>},
    {"gelu_tanh", false, Forward<GeluTanh>, Backward<GeluTanhBack>},
    {"leaky_relu", true, Forward<LeakyRelu>, Backward<LeakyReluBack>},
    {"mish", false, Forward<Mish>, Backward<MishBack>},
    {"relu", true, Forward<Relu>, Backward<ReluBack>},
    {"sigmoid", true, Forward<Sigmoid>, Backward<SigmoidBack>},
    {"silu", false, Forward<Silu>, Backward<SiluBack>},
    {"softplus", false, Forward<Softplus>, Backward<SoftplusBack>},
    {"tanh", true, Forward<Tanh>, Backward<TanhBack>},
};

}  // namespace

const PeerSet kEigenPeers = {"eigen", FEDROUND_VECTOR_BYTES, kActivations};

}  // namespace fedround::bench
