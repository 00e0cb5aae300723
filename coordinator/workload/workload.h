// What the clients of a run work on, as far as the coordinator knows it: the layout of the model
// and, where they are known here, the clients' data and examples to score the model on.
//
// This is the only part of the coordinator that depends on what is trained. There are two kinds: a
// network of ours on a data set that everybody reads (network_workload.h), and a model that only the
// clients understand (external_workload.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/slots/compute_slot.h"
#include "common/config/experiment.h"
#include "common/ledger/records.h"
#include "common/round/model_layout.h"
#include "common/round/types.h"
#include "coordinator/model/initial_model.h"

namespace fedround::coordinator {

// By itself it knows the layout only; a kind overrides what else it knows. Thread-safe except for
// Evaluate: one evaluation at a time.
class Workload {
 public:
  Workload(ModelLayout layout, std::string description)
      : layout_(std::move(layout)), description_(std::move(description)) {}
  virtual ~Workload() = default;

  const ModelLayout& layout() const { return layout_; }
  // What is trained on, in one line for people.
  const std::string& description() const { return description_; }

  // What looks wrong with the data; "": nothing.
  virtual std::string Warning() const { return ""; }
  // The hash that the data of all clients must have; "": whatever data they have is theirs.
  virtual std::string DataHash() const { return ""; }
  // How many examples `client` has.
  virtual std::optional<std::uint64_t> Examples(ClientId /*client*/) const { return std::nullopt; }
  // What the data calls `client`.
  virtual std::optional<absl::string_view> ClientName(ClientId /*client*/) const {
    return std::nullopt;
  }

  // Scores a model on the coordinator's own examples: one record for each set of them. Holds one of
  // `slots` meanwhile. Errors: those of Evaluator::Evaluate.
  virtual absl::StatusOr<std::vector<ledger::EvaluationRecord>> Evaluate(
      std::span<const float> /*parameters*/, std::uint32_t /*round*/, const ComputeSlots& /*slots*/,
      const std::atomic<bool>& /*stop*/) {
    return std::vector<ledger::EvaluationRecord>();
  }

 private:
  const ModelLayout layout_;
  const std::string description_;
};

// A workload and the model with which it starts.
struct FreshWorkload {
  std::unique_ptr<Workload> workload;
  InitialModel initial;
};

// Opens what `experiment` names, and writes to it what it finds: absolute paths, hashes, the number
// of clients. Errors: those of the kinds.
absl::StatusOr<FreshWorkload> OpenWorkload(Experiment& experiment);

}  // namespace fedround::coordinator
