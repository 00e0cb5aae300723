// All algorithms. To add one, write a file in this folder with a class that derives from Server, a
// class that derives from Client if clients do more than train, and a function `AlgorithmEntry
// NameEntry()`; and the line `FEDROUND_ALGORITHM(Name)` in table.inc. Examples: fedavgm.cc changes
// what the server does, fedprox.cc how clients train, scaffold.cc both.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>

#include "common/algorithm/algorithm.h"
#include "common/base/plug_in.h"

namespace fedround::algorithm {

// `options` are resolved everywhere.
struct AlgorithmEntry {
  PlugInInfo info;
  // `update_size` is Q.
  std::unique_ptr<Server> (*server)(const PlugIn& options, std::size_t update_size);
  // Null: clients train as the plan says, and send the difference.
  std::unique_ptr<const Client> (*client)(const PlugIn& options) = nullptr;
  // Null: nothing.
  Needs (*needs)(const PlugIn& options) = nullptr;
  // INVALID_ARGUMENT, with the key, for a plan that it cannot use. Null: it takes any.
  absl::Status (*check)(const PlugIn& options, const RoundPlan& plan) = nullptr;
  // The options with which it is FedAvg (Apply adds the mean, nothing else changes), which the
  // contract tests check; nothing if there are none.
  std::optional<PlugInOptions> fedavg_options = std::nullopt;
};

// FedAvg's half: the next model is the round's plus the mean of the updates.
class AddMean : public Server {
 public:
  void Apply(const Round& round, const Next& next) override {
    round.folded.sums(0).WriteMean(next.parameters);
    for (std::size_t i = 0; i < next.parameters.size(); ++i) {
      next.parameters[i] = round.parameters[i] + next.parameters[i];
    }
  }
};

#define FEDROUND_ALGORITHM(name) AlgorithmEntry name##Entry();
#include "common/algorithm/algorithms/table.inc"
#undef FEDROUND_ALGORITHM

std::span<const AlgorithmEntry> AlgorithmTable();

}  // namespace fedround::algorithm
