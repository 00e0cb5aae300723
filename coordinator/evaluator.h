// Scores a model on the examples the server holds: the test set and the validation split.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/compute_slot.h"
#include "common/data/dataset.h"
#include "common/ledger/records.h"
#include "common/nn/network.h"

namespace fedround::coordinator {

// Not thread-safe: one evaluation at a time.
class Evaluator {
 public:
  // `network` must outlive the evaluator. Reads the test set and the `validation` rows of the training
  // set into memory, in the type they are stored in.
  static absl::StatusOr<Evaluator> Create(const nn::Network& network, const data::Dataset& dataset,
                                          const std::vector<std::uint32_t>& validation,
                                          const ComputeSlots& slots);

  // One record for each set that has examples. The sums run over fixed blocks in order, in double, so the
  // score is the same bits wherever it is computed. Takes a compute slot meanwhile.
  std::vector<ledger::EvaluationRecord> Evaluate(std::span<const float> parameters,
                                                 std::uint32_t round);

 private:
  struct Set {
    std::string name;
    data::Examples examples;
  };
  Evaluator(const nn::Network& network, const ComputeSlots& slots);
  ledger::EvaluationRecord Score(const Set& set, std::span<const float> parameters,
                                 std::uint32_t round);

  const nn::Network* network_;
  ComputeSlots slots_;
  std::vector<Set> sets_;
  nn::Workspace workspace_;
  FloatBuffer inputs_;
  std::vector<std::uint32_t> labels_;
};

}  // namespace fedround::coordinator
