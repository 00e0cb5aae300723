#include "common/kernels/activations.h"

#include "common/base/check.h"
#include "common/kernels/level.h"

namespace fedround::kernels {
namespace {

ActivationLoops Loops(ActivationId id, ActivationKernel kernel) {
  const auto i = static_cast<std::size_t>(id);
  switch (kernel) {
    case ActivationKernel::kFast:
      break;
    case ActivationKernel::kCompiler:
      return FEDROUND_KERNELS(kCompilerActivations)[i];
    case ActivationKernel::kScalar:
      return FEDROUND_KERNELS(kScalarActivations)[i];
    case ActivationKernel::kBranchy:
      return FEDROUND_KERNELS(kBranchyActivations)[i];
  }
  return FEDROUND_KERNELS(kFastActivations)[i];
}

}  // namespace

void ActivationForward(ActivationId id, ActivationKernel kernel, double option,
                       std::span<const float> z, std::span<float> a) {
  const ActivationLoops loops = Loops(id, kernel);
  CHECK(loops.forward != nullptr && z.size() == a.size());
  loops.forward(option, z.data(), a.data(), a.size());
}

void ActivationBackward(ActivationId id, ActivationKernel kernel, double option,
                        std::span<const float> kept, std::span<float> gradient) {
  const ActivationLoops loops = Loops(id, kernel);
  CHECK(loops.backward != nullptr && kept.size() == gradient.size());
  loops.backward(option, kept.data(), gradient.data(), gradient.size());
}

}  // namespace fedround::kernels
