#include "experiments/bench/peers/activations.h"

namespace fedround::bench {
namespace {

bool CanRun(const PeerSet& set) {
#if defined(__x86_64__)
  if (set.vector_bytes == 64) return __builtin_cpu_supports("avx512f");
  if (set.vector_bytes == 32) return __builtin_cpu_supports("avx2");
#endif
  return set.vector_bytes == 16;
}

}  // namespace

std::vector<Peer> PeersOf(absl::string_view name) {
  std::vector<Peer> peers;
  for (const PeerSet* const set : {&kEigenPeers, &kLibmvecPeers}) {
    if (!CanRun(*set)) continue;
    for (const PeerActivation& activation : set->activations) {
      if (activation.name == name) peers.push_back({set->name, &activation});
    }
  }
  return peers;
}

}  // namespace fedround::bench
