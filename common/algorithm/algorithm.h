// A federated algorithm: what a client does, and how the server turns the mean update into the next
// model. Both halves of one algorithm are in one file, `common/algorithm/algorithms/<name>.cc`;
// algorithms/table.h says what to write there.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/plug_in.h"
#include "common/round/types.h"

namespace fedround::algorithm {

class Algorithm {
 public:
  virtual ~Algorithm() = default;

  // Client half: changes how this round is trained (the plan travels with each instruction).
  virtual void AdjustPlan(RoundPlan& /*plan*/) const {}

  // Server half: computes the next model from this round's `parameters` [Q] and `update` [Q], the
  // weighted mean of the folded updates (new - old), which points in the direction the model should
  // go: take a step along it, as large as the algorithm says. The next parameters are written to
  // `update`, so the model that is being served does not change and no third vector is needed. Not
  // called for a round that folded none. Frozen parameters are in neither.
  virtual void Apply(std::span<const float> parameters, std::span<float> update) = 0;

  // Everything that Apply keeps between rounds, for checkpoints; may be empty. It may have any
  // size, say [2 Q] for two moments, but the size never changes. RestoreState takes what state()
  // returned.
  virtual std::span<const float> state() const { return {}; }
  virtual void RestoreState(std::span<const float> /*state*/) {}
};

// INVALID_ARGUMENT for an unknown name (with the nearest one) or a bad option.
absl::StatusOr<std::unique_ptr<Algorithm>> MakeAlgorithm(const PlugIn& plug_in,
                                                         std::size_t update_size);

std::span<const PlugInInfo> Algorithms();

}  // namespace fedround::algorithm
