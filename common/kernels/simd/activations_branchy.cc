// The branchy kernels of `activations.h`.
#include "common/kernels/simd/scalar_activations.h"

namespace fedround::kernels::FEDROUND_SIMD {
namespace {

struct BranchyMath : Libm<float> {
  // A compiler may not turn an arm into a conditional move, or the loop into vectors, if the arm
  // contains a statement that is opaque to it.
  template <typename Then, typename Else>
  static float Select(bool condition, Then then, Else otherwise) {
    if (condition) {
      asm volatile("");
      return then();
    }
    return otherwise();
  }
  static float AtLeast(float z, double low) {
    return Select(
        z < Of(low), [=] { return Of(low); }, [=] { return z; });
  }
  static float AtMost(float z, double high) {
    return Select(
        z > Of(high), [=] { return Of(high); }, [=] { return z; });
  }
};

}  // namespace

const ActivationLoops kBranchyActivations[kActivations] = {
#define FEDROUND_ACTIVATION(name) ScalarLoops<name, BranchyMath, ActivationKernel::kBranchy>(),
#include "common/kernels/activations/table.inc"
#undef FEDROUND_ACTIVATION
};

}  // namespace fedround::kernels::FEDROUND_SIMD
