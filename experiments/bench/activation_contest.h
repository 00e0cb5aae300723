// `fedround bench activations`: what an activation costs an element, alone, beside ReLU and beside
// other people's versions of the same function.
//
// A pass copies a fresh tile out of a pool and works on the copy in place, as a layer does with
// what its product has just written; passes that only copy take turns with it, and their time is
// taken off. A pool has 24 tiles of 2000 floats (or one, of a larger size): too many for a branch
// predictor to learn, few enough for the second-level cache; the tile that is worked on lies in the
// first.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "experiments/bench/estimate.h"

namespace fedround::bench {

inline constexpr std::size_t kTileElements = 2000;          // ten examples of 200 units
inline constexpr std::size_t kLargeElements = 1024 * 1024;  // 4 MiB: beyond the second-level cache

struct ActivationOptions {
  std::vector<std::string> activations;
  std::vector<std::string> kernels;
  std::vector<std::size_t> elements;
  Nanos budget_ns = kNanosPerSecond;                                    // an activation
  std::function<void(const std::string& what, double share)> progress;  // may be empty
};

struct PassCost {
  Estimate ns;       // an element
  Estimate of_relu;  // its time / that of ReLU's first kernel
  // Its time / that of the faster one of Eigen and libmvec; none if it is theirs, or they have
  // none.
  std::optional<Estimate> of_peer;
};

struct ActivationRow {
  std::string kernel;  // or "eigen", "libmvec"
  PassCost forward;
  PassCost backward;
};

struct ActivationCase {
  std::string activation;
  std::size_t elements = 0;
  std::size_t turns = 0;
  std::vector<ActivationRow> rows;
  Estimate control;  // the first row's forward pass / the same once more
};

// Activations x elements, one after the other; `done` gets each case as it is finished.
// Errors: INVALID_ARGUMENT for an unknown activation or kernel, with the nearest.
absl::Status RunActivationContests(const ActivationOptions& options,
                                   const std::function<void(const ActivationCase&)>& done);

}  // namespace fedround::bench
