#include "coordinator/evaluator.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "common/base/log.h"
#include "common/base/status_macros.h"

namespace fedround::coordinator {
namespace {

// Examples scored at a time; part of the result, because products sum in an order that depends on it.
constexpr std::size_t kBlock = 250;

std::vector<std::uint32_t> AllRows(std::size_t size) {
  std::vector<std::uint32_t> rows(size);
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

}  // namespace

Evaluator::Evaluator(const nn::Network& network, const ComputeSlots& slots)
    : network_(&network),
      slots_(slots),
      workspace_(network, kBlock),
      inputs_(kBlock * network.inputs()),
      labels_(kBlock) {}

absl::StatusOr<Evaluator> Evaluator::Create(const nn::Network& network,
                                            const data::Dataset& dataset,
                                            const std::vector<std::uint32_t>& validation,
                                            const ComputeSlots& slots) {
  Evaluator evaluator(network, slots);
  const std::vector<std::uint32_t> test_rows = AllRows(dataset.size(data::Split::kTest));
  if (!test_rows.empty()) {
    ASSIGN_OR_RETURN(data::Examples test, dataset.Read(data::Split::kTest, test_rows));
    evaluator.sets_.push_back({"test", std::move(test)});
  }
  if (!validation.empty()) {
    ASSIGN_OR_RETURN(data::Examples held_back, dataset.Read(data::Split::kTrain, validation));
    evaluator.sets_.push_back({"validation", std::move(held_back)});
  }
  return evaluator;
}

std::vector<ledger::EvaluationRecord> Evaluator::Evaluate(std::span<const float> parameters,
                                                          std::uint32_t round) {
  const auto slot = slots_.Take();
  if (!slot.ok()) LogError(slot.status().message());  // without a slot it is slower, not wrong
  std::vector<ledger::EvaluationRecord> records;
  for (const Set& set : sets_) records.push_back(Score(set, parameters, round));
  return records;
}

ledger::EvaluationRecord Evaluator::Score(const Set& set, std::span<const float> parameters,
                                          std::uint32_t round) {
  const Nanos wall_start = MonotonicNow();
  const Nanos cpu_start = ThreadCpuNow();
  const std::vector<std::uint32_t> rows = AllRows(set.examples.size());
  nn::BatchLoss total;
  for (std::size_t first = 0; first < rows.size(); first += kBlock) {
    const auto block = std::span(rows).subspan(first, std::min(kBlock, rows.size() - first));
    const auto inputs = inputs_.span().first(block.size() * network_->inputs());
    const auto labels = std::span(labels_).first(block.size());
    set.examples.Gather(block, inputs, labels);
    const nn::BatchLoss loss = network_->Evaluate(parameters, inputs, labels, workspace_);
    total.loss_sum += loss.loss_sum;
    total.correct += loss.correct;
  }
  const auto examples = static_cast<double>(rows.size());
  return {.round = round,
          .examples_of = set.name,
          .examples = rows.size(),
          .loss = total.loss_sum / examples,
          .accuracy = static_cast<double>(total.correct) / examples,
          .wall_ns = MonotonicNow() - wall_start,
          .cpu_ns = ThreadCpuNow() - cpu_start};
}

}  // namespace fedround::coordinator
