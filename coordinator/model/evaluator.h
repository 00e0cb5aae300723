// Scores a model on the server's own examples: the test set and the validation split.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/slots/compute_slot.h"
#include "common/data/dataset.h"
#include "common/ledger/records.h"
#include "common/nn/network.h"

namespace fedround::coordinator {

// Not thread-safe: one evaluation at a time.
class Evaluator {
 public:
  // `network` and `dataset` must outlive the evaluator. `validation`: rows of the training set.
  // `max_slot_wait`: after this time it goes on without a compute slot, whose holders may have been
  // stopped. `health`: whether to record the health of the network on the test set.
  Evaluator(const nn::Network& network, const data::Dataset& dataset,
            std::vector<std::uint32_t> validation, Nanos max_slot_wait, bool health);

  // One record for each set that has examples. The sums run over fixed blocks in order, in double,
  // so the score has the same bits wherever it is computed. Holds one of `slots` meanwhile.
  // Examples are read block by block: kept, they would be most of the coordinator's memory, and the
  // kernel's cache has them anyway. Errors: those of Dataset::Read; CANCELLED soon after `stop`
  // became true.
  absl::StatusOr<std::vector<ledger::EvaluationRecord>> Evaluate(std::span<const float> parameters,
                                                                 std::uint32_t round,
                                                                 const ComputeSlots& slots,
                                                                 const std::atomic<bool>& stop);

 private:
  struct Set {
    ledger::ExamplesOf name;
    data::Split split;
    std::vector<std::uint32_t> rows;
  };
  absl::StatusOr<ledger::EvaluationRecord> Score(const Set& set, std::span<const float> parameters,
                                                 std::uint32_t round,
                                                 const std::atomic<bool>& stop);

  const nn::Network& network_;
  const data::Dataset& dataset_;
  const Nanos max_slot_wait_;
  const bool health_;
  std::vector<Set> sets_;
  nn::Workspace workspace_;
  FloatBuffer inputs_;
  std::vector<std::uint32_t> labels_;
};

}  // namespace fedround::coordinator
