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

// What is left of a pass once the copies are taken off may be less than what they vary by: then
// only a bound is known.
struct PassCost {
  Estimate ns;  // per element
  // Its time / that of ReLU's first kernel; none if one of the two is not resolved.
  std::optional<Estimate> of_relu;
  // Its time / that of the faster one of Eigen and libmvec; none if it is theirs, if they have
  // none, or if one of the two is not resolved.
  std::optional<Estimate> of_peer;

  // Whether the time is more than nothing.
  bool Resolved() const { return ns.low > 0; }
  // Of a time that is not resolved: it is less than this.
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
// Errors: INVALID_ARGUMENT for an unknown activation or kernel, with the nearest.
absl::Status RunActivationContests(const ActivationOptions& options,
                                   const std::function<void(const ActivationCase&)>& done);

}  // namespace fedround::bench
