// A federated algorithm: what a client does, and what the server makes of the sum. Both halves of
// one algorithm stand in one file, `common/algorithm/algorithms/<name>.cc`; algorithms/table.h says
// what to write there.
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
  // weighted mean of the folded updates (new - old). It points where the model should go: step
  // along it, by as much as the algorithm says. The next parameters take the place of `update`, so
  // the model that is being served stays as it is and no third vector is needed. Not called for a
  // round that folded none. What is frozen is in neither.
  virtual void Apply(std::span<const float> parameters, std::span<float> update) = 0;

  // All that Apply keeps between rounds, for checkpoints; empty if nothing. It may be of any size,
  // say [2 Q] for two moments, which never changes. RestoreState takes what state() gave.
  virtual std::span<const float> state() const { return {}; }
  virtual void RestoreState(std::span<const float> /*state*/) {}
};

// INVALID_ARGUMENT for an unknown name (with the nearest one) or a bad option.
absl::StatusOr<std::unique_ptr<Algorithm>> MakeAlgorithm(const PlugIn& plug_in,
                                                         std::size_t update_size);

std::span<const PlugInInfo> Algorithms();

}  // namespace fedround::algorithm
