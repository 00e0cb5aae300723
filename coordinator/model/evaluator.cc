#include "coordinator/model/evaluator.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/nn/training/health.h"

namespace fedround::coordinator {
namespace {

std::vector<std::uint32_t> Numbers(std::size_t count) {
  std::vector<std::uint32_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0U);
  return numbers;
}

}  // namespace

Evaluator::Evaluator(const nn::Network& network, const data::Dataset& dataset,
                     std::vector<std::uint32_t> validation, Nanos max_slot_wait, bool health)
    : network_(network),
      dataset_(dataset),
      max_slot_wait_(max_slot_wait),
      health_(health),
      workspace_(network, nn::kEvaluationBatch),
      inputs_(nn::kEvaluationBatch * network.inputs()),
      labels_(nn::kEvaluationBatch) {
  sets_.push_back(
      {ledger::ExamplesOf::kTest, data::Split::kTest, Numbers(dataset.size(data::Split::kTest))});
  sets_.push_back({ledger::ExamplesOf::kValidation, data::Split::kTrain, std::move(validation)});
  std::erase_if(sets_, [](const Set& set) { return set.rows.empty(); });
}

absl::StatusOr<std::vector<ledger::EvaluationRecord>> Evaluator::Evaluate(
    std::span<const float> parameters, std::uint32_t round, const ComputeSlots& slots,
    const std::atomic<bool>& stop) {
  if (sets_.empty()) return std::vector<ledger::EvaluationRecord>();
  const auto slot = slots.Take(stop, MonotonicNow() + max_slot_wait_);
  if (!slot.ok()) {
    LogError(absl::StrCat("evaluation: ", slot.status().message(), "; continues without slots"));
  }
  std::vector<ledger::EvaluationRecord> records;
  for (const Set& set : sets_) {
    ASSIGN_OR_RETURN(ledger::EvaluationRecord record, Score(set, parameters, round, stop));
    records.push_back(std::move(record));
  }
  return records;
}

absl::StatusOr<ledger::EvaluationRecord> Evaluator::Score(const Set& set,
                                                          std::span<const float> parameters,
                                                          std::uint32_t round,
                                                          const std::atomic<bool>& stop) {
  const Nanos wall_start = MonotonicNow();
  const Nanos cpu_start = ThreadCpuNow();
  nn::BatchLoss total;
  nn::ActivationHealth activations;
  const bool with_health = health_ && set.split == data::Split::kTest;
  nn::LayerObserver* const observer = with_health ? &activations : nullptr;
  for (std::size_t first = 0; first < set.rows.size(); first += nn::kEvaluationBatch) {
    if (stop) return absl::CancelledError("the run is over");
    const auto block =
        std::span(set.rows).subspan(first, std::min(nn::kEvaluationBatch, set.rows.size() - first));
    ASSIGN_OR_RETURN(const data::Examples examples, dataset_.Read(set.split, block));
    const auto inputs = inputs_.span().first(block.size() * network_.inputs());
    const auto labels = std::span(labels_).first(block.size());
    examples.Gather(Numbers(block.size()), inputs, labels);
    const nn::BatchLoss loss =
        network_.Evaluate(parameters, inputs, labels, workspace_, nullptr, observer);
    total.loss_sum += loss.loss_sum;
    total.correct += loss.correct;
  }
  std::vector<HealthValue> health;
  activations.AppendTo(health);
  if (with_health) nn::AppendWeightNorms(network_, parameters, health);
  const auto examples = static_cast<double>(set.rows.size());
  return ledger::EvaluationRecord{.round = round,
                                  .examples_of = set.name,
                                  .examples = set.rows.size(),
                                  .loss = total.loss_sum / examples,
                                  .accuracy = static_cast<double>(total.correct) / examples,
                                  .start_ns = wall_start,
                                  .wall_ns = MonotonicNow() - wall_start,
                                  .cpu_ns = ThreadCpuNow() - cpu_start,
                                  .health = std::move(health)};
}

}  // namespace fedround::coordinator
