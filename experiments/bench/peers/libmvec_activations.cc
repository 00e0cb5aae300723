// Plain loops, compiled with -Ofast: the compiler replaces the scalar functions by libmvec's vector
// functions.
#include <math.h>

#include "experiments/bench/peers/activations.h"

namespace fedround::bench {
namespace {

constexpr float kSqrtHalf = 0.70710678F;
constexpr float kInverseSqrtTwoPi = 0.39894228F;
constexpr float kTanhScale = 0.79788456F;  // sqrt(2 / pi)
constexpr float kTanhCubic = 0.044715F;
constexpr float kSlope = 0.01F;

template <float (*kFunction)(float)>
void Forward(float* values, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) values[i] = kFunction(values[i]);
}
template <float (*kDerivative)(float)>
void Backward(const float* __restrict kept, float* __restrict gradient, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) gradient[i] *= kDerivative(kept[i]);
}

float Relu(float x) { return x > 0 ? x : 0; }
float ReluSlope(float y) { return y > 0 ? 1 : 0; }

float LeakyRelu(float x) { return x > 0 ? x : kSlope * x; }
float LeakyReluSlope(float y) { return y > 0 ? 1 : kSlope; }

float Elu(float x) { return x > 0 ? x : expf(x) - 1; }
float EluSlope(float y) { return y > 0 ? 1 : y + 1; }

float Tanh(float x) { return tanhf(x); }
float TanhSlope(float y) { return 1 - y * y; }

float Sigmoid(float x) { return 1 / (1 + expf(-x)); }
float SigmoidSlope(float y) { return y * (1 - y); }

float Silu(float x) { return x * Sigmoid(x); }
float SiluSlope(float x) {
  const float s = Sigmoid(x);
  return s * (1 + x * (1 - s));
}

float NormalDistribution(float x) { return 0.5F * (1 + erff(x * kSqrtHalf)); }
float Gelu(float x) { return x * NormalDistribution(x); }
float GeluSlope(float x) {
  return NormalDistribution(x) + x * kInverseSqrtTwoPi * expf(-0.5F * x * x);
}

float GeluInner(float x) { return tanhf(kTanhScale * x * (1 + kTanhCubic * x * x)); }
float GeluTanh(float x) { return 0.5F * x * (1 + GeluInner(x)); }
float GeluTanhSlope(float x) {
  const float t = GeluInner(x);
  return 0.5F * (1 + t + x * (1 - t * t) * kTanhScale * (1 + 3 * kTanhCubic * x * x));
}

float Softplus(float x) { return fmaxf(x, 0) + log1pf(expf(-fabsf(x))); }

// tanh(softplus(x)) = e (e + 2) / (e (e + 2) + 2) with e = exp(x); beyond 20 it is 1.
float Mish(float x) {
  const float e = expf(fminf(x, 20));
  const float w = e * (e + 2);
  return x * w / (w + 2);
}
float MishSlope(float x) {
  const float e = expf(fminf(x, 20));
  const float w = e * (e + 2);
  const float t = w / (w + 2);
  return t + x * e / (e + 1) * (1 - t * t);
}

constexpr PeerActivation kActivations[] = {
    {"elu", true, Forward<Elu>, Backward<EluSlope>},
    {"gelu", false, Forward<Gelu>, Backward<GeluSlope>},
    {"gelu_tanh", false, Forward<GeluTanh>, Backward<GeluTanhSlope>},
    {"leaky_relu", true, Forward<LeakyRelu>, Backward<LeakyReluSlope>},
    {"mish", false, Forward<Mish>, Backward<MishSlope>},
    {"relu", true, Forward<Relu>, Backward<ReluSlope>},
    {"sigmoid", true, Forward<Sigmoid>, Backward<SigmoidSlope>},
    {"silu", false, Forward<Silu>, Backward<SiluSlope>},
    {"softplus", false, Forward<Softplus>, Backward<Sigmoid>},
    {"tanh", true, Forward<Tanh>, Backward<TanhSlope>},
};

}  // namespace

const PeerSet kLibmvecPeers = {"libmvec", FEDROUND_VECTOR_BYTES, kActivations};

}  // namespace fedround::bench
