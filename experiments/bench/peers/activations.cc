#include "experiments/bench/peers/activations.h"

namespace fedround::bench {

bool MachineHasVectors(int vector_bytes) {
#if defined(__x86_64__)
  if (vector_bytes == 64) return __builtin_cpu_supports("avx512f");
  if (vector_bytes == 32) return __builtin_cpu_supports("avx2");
#endif
  return vector_bytes == 16;
}

std::vector<Peer> PeersOf(absl::string_view name) {
  std::vector<Peer> peers;
  for (const PeerSet* const set : {&kEigenPeers, &kLibmvecPeers}) {
    if (!MachineHasVectors(set->vector_bytes)) continue;
    for (const PeerActivation& activation : set->activations) {
      if (activation.name == name) peers.push_back({set->name, &activation});
    }
  }
  return peers;
}

}  // namespace fedround::bench
