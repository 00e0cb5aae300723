// Other libraries' activations, for comparison: the same functions as Eigen expressions, and as
// plain loops that the compiler vectorises with glibc's libmvec.
//
// Both files are compiled for the machine that builds them, whatever the rest is compiled for: do
// not call a set whose vectors this machine lacks.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "absl/strings/string_view.h"

namespace fedround::bench {

struct PeerActivation {
  absl::string_view name;  // as in our table
  bool keeps_output;       // `kept` is f(z); otherwise z
  // values = f(values)
  void (*forward)(float* values, std::size_t size);
  // gradient *= f'(z)
  void (*backward)(const float* kept, float* gradient, std::size_t size);
};

// The vectors that the including file is compiled for, in bytes.
#if defined(__AVX512F__)
#define FEDROUND_VECTOR_BYTES 64
#elif defined(__AVX2__)
#define FEDROUND_VECTOR_BYTES 32
#else
#define FEDROUND_VECTOR_BYTES 16
#endif

// Whether this machine can run code compiled for vectors of this many bytes.
bool MachineHasVectors(int vector_bytes);

struct PeerSet {
  absl::string_view name;
  int vector_bytes = 0;  // what it was compiled for
  std::span<const PeerActivation> activations;
};

extern const PeerSet kEigenPeers;
extern const PeerSet kLibmvecPeers;

// The peers of `name` that this machine can run: at most one of each set. Empty if there are none.
struct Peer {
  absl::string_view set;
  const PeerActivation* activation;
};
std::vector<Peer> PeersOf(absl::string_view name);

}  // namespace fedround::bench
