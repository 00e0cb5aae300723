#include "coordinator/books/round_book.h"

#include <algorithm>
#include <utility>

#include "common/ledger/modelled_time.h"

namespace fedround::coordinator {
namespace {

using ledger::AnswerRow;
using ledger::RoundPhase;

double MetricOr0(const Metrics& metrics, const std::string& name) {
  const auto found = metrics.find(name);
  return found == metrics.end() ? 0.0 : found->second;
}

// Weighted by examples, in the order of the answers; nothing if none of them has the metric. `long
// double` holds a sum of losses each of which only just fits into a double.
std::optional<double> WeightedMean(const std::vector<AnswerRow>& answers,
                                   const std::string& metric) {
  long double sum = 0;
  long double weights = 0;
  for (const AnswerRow& answer : answers) {
    const auto found = answer.metrics.find(metric);
    if (found == answer.metrics.end()) continue;
    sum += static_cast<long double>(answer.weight) * found->second;
    weights += static_cast<long double>(answer.weight);
  }
  return weights > 0 ? std::optional(static_cast<double>(sum / weights)) : std::nullopt;
}

std::vector<AnswerRow> TakeInIdOrder(std::map<ClientId, AnswerRow>& answers) {
  std::vector<AnswerRow> in_order;
  for (auto& [client, answer] : answers) in_order.push_back(std::move(answer));
  answers.clear();
  return in_order;
}

}  // namespace

void RoundBook::OpenStep(std::uint32_t step, TaskKind task) {
  record_.steps.push_back({.step = step, .task = task, .start_ns = chain_.last()});
}

void RoundBook::Broadcast(Nanos now) {
  End(RoundPhase::kBroadcast, now);
  ledger::StepRow& step = record_.steps.back();
  step.broadcast_ns = chain_.last() - step.start_ns;
}

void RoundBook::Collected() {
  End(RoundPhase::kCollect, closed_ns_);
  ledger::StepRow& step = record_.steps.back();
  step.collect_ns = chain_.last() - step.start_ns - step.broadcast_ns;
}

void RoundBook::AddFolding(UploadHandle handle, AnswerRow answer) {
  folding_[handle] = answer.client;
  folded_[answer.client] = std::move(answer);
}

void RoundBook::Folded(UploadHandle handle, const FoldTimes& times) {
  const auto client = folding_.extract(handle);
  if (client.empty()) return;
  AnswerRow& answer = folded_.at(client.mapped());
  answer.fold_start_ns = times.start_ns;
  answer.folded_ns = times.end_ns;
}

void RoundBook::AddEvaluated(AnswerRow answer) { evaluated_[answer.client] = std::move(answer); }

void RoundBook::AddTraffic(std::span<const ledger::TrafficRecord> traffic) {
  for (const ledger::TrafficRecord& row : traffic) {
    record_.payload_bytes_down += row.payload_bytes_down;
    record_.payload_bytes_up += row.payload_bytes_up;
    record_.message_bytes_down += row.message_bytes_down;
    record_.message_bytes_up += row.message_bytes_up;
    record_.wire_bytes_down += row.wire_bytes_down;
    record_.wire_bytes_up += row.wire_bytes_up;
    record_.retransmitted_bytes_down += row.retransmitted_bytes_down;
  }
}

std::vector<ledger::EvaluationRecord> RoundBook::ClientEvaluation(std::uint32_t round) const {
  if (evaluated_.empty()) return {};
  ledger::EvaluationRecord record{.round = round, .examples_of = ledger::ExamplesOf::kClients};
  long double loss = 0;
  long double accuracy = 0;
  for (const auto& [client, answer] : evaluated_) {
    const auto weight = static_cast<long double>(answer.weight);
    record.examples += answer.weight;
    loss += weight * MetricOr0(answer.metrics, "loss");
    accuracy += weight * MetricOr0(answer.metrics, "accuracy");
  }
  const auto examples = static_cast<long double>(record.examples);
  record.loss = static_cast<double>(loss / examples);
  record.accuracy = static_cast<double>(accuracy / examples);
  return {record};
}

ledger::RoundRecord RoundBook::TakeRecord(const Commit& commit, std::uint64_t total_weight,
                                          ModelId before, ModelId after) {
  ledger::RoundRecord record = std::exchange(record_, {});
  record.round = commit.round;
  for (ledger::StepRow& step : record.steps) step.round = commit.round;
  record.cohort = commit.cohort;
  record.dropped = commit.dropped;
  record.total_weight = total_weight;
  record.model_before = before;
  record.model_after = after;
  record.evaluated = TakeInIdOrder(evaluated_);
  record.folded = TakeInIdOrder(folded_);
  if (!commit.abandoned.empty()) {
    record.abandoned = 1;
    record.folded.clear();
  }
  record.train_loss = WeightedMean(record.folded, "train_loss");
  record.record_ns = record_ns_;
  record.start_ns = chain_.start();
  chain_.CopyTo(record.phase_ns, record.phase_cpu_ns);
  chain_.Restart();
  return record;
}

ledger::event::Round RoundBook::TakeEvent(const ledger::RoundRecord& record) {
  ledger::event::Round event;
  event.round = record.round;
  event.cohort = record.cohort.size();
  event.folded = record.folded.size();
  event.wall_s = Seconds(ledger::WallTime(record));
  event.modelled_s = Seconds(ledger::ModelledTime(record, costs_));
  event.fold_s = Seconds(record.fold_ns);
  event.commit_s = Seconds(record.phase(RoundPhase::kCommit));
  event.payload_bytes_down = record.payload_bytes_down;
  event.payload_bytes_up = record.payload_bytes_up;
  event.message_bytes_down = record.message_bytes_down;
  event.message_bytes_up = record.message_bytes_up;
  event.wire_bytes_down = record.wire_bytes_down;
  event.wire_bytes_up = record.wire_bytes_up;
  double tasks = 0;
  for (const ledger::TaskRow& cost : costs_) {
    if (cost.round != record.round || cost.task != TaskKind::kTrain) continue;
    ++tasks;
    for (int i = 0; i < kClientPhases; ++i) event.phase_s[i] += Seconds(cost.phase_ns[i]);
  }
  for (double& phase : event.phase_s) phase /= std::max(tasks, 1.0);
  std::erase_if(costs_, [&](const ledger::TaskRow& cost) { return cost.round <= record.round; });
  return event;
}

}  // namespace fedround::coordinator
