#include "common/nn/initialisers/table.h"

namespace fedround::nn {

std::span<const InitialiserEntry> InitialiserTable() {
  static const InitialiserEntry kEntries[] = {
#define FEDROUND_INITIALISER(name) name##Entry(),
#include "common/nn/initialisers/table.inc"
#undef FEDROUND_INITIALISER
  };
  return kEntries;
}

}  // namespace fedround::nn
