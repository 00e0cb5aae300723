// `fedround bench activations`: what an activation costs per element, compared with ReLU and with
// other libraries' versions of the same function.
//
// A pass copies a fresh tile from a pool and works on the copy in place, as a layer does with what
// its product has just written; passes that only copy take turns with it, and their time is
// subtracted. A pool has 24 tiles of 2000 floats (or one larger tile): too many for a branch
// predictor to learn, few enough for the second-level cache; the tile at work is in the first.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "experiments/bench/estimate.h"
#include "experiments/bench/kernels.h"

namespace fedround::bench {

inline constexpr std::size_t kTileElements = 2000;          // ten examples of 200 units
inline constexpr std::size_t kLargeElements = 1024 * 1024;  // 4 MiB: beyond the second-level cache

struct ActivationOptions {
  std::vector<std::string> activations;
  std::vector<ActivationKernel> kernels;
  std::vector<std::size_t> elements;
  Nanos budget_ns = kNanosPerSecond;                                    // per activation
  std::function<void(const std::string& what, double share)> progress;  // may be empty
};

// The time of a pass without the copies may be less than the variation of the copies: then only a
// bound is known.
struct PassCost {
  Estimate ns;  // per element
  // Its time / that of ReLU's first kernel; nothing if one of the two is not resolved.
  std::optional<Estimate> of_relu;
  // Its time / that of the faster one of Eigen and libmvec; nothing if it is theirs, if neither has
  // it, or if one of the two is not resolved.
  std::optional<Estimate> of_peer;

  // Whether the time can be told from 0.
  bool Resolved() const { return ns.low > 0; }
  // An upper bound on a time that is not resolved.
  double Bound() const;
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
// Errors: INVALID_ARGUMENT for an unknown activation or kernel, with the nearest name.
absl::Status RunActivationContests(const ActivationOptions& options,
                                   const std::function<void(const ActivationCase&)>& done);

}  // namespace fedround::bench
