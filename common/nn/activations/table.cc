#include "common/nn/activations/table.h"

namespace fedround::nn {

std::span<const ActivationEntry> ActivationTable() {
  static const ActivationEntry kEntries[] = {
#define FEDROUND_ACTIVATION(name) name##Entry(),
#include "common/nn/activations/table.inc"
#undef FEDROUND_ACTIVATION
  };
  return kEntries;
}

}  // namespace fedround::nn
