#include "coordinator/round_book.h"

#include <algorithm>
#include <utility>

#include "common/ledger/modelled_time.h"

namespace fedround::coordinator {
namespace {

double MetricOr0(const Metrics& metrics, const std::string& name) {
  const auto found = metrics.find(name);
  return found == metrics.end() ? 0.0 : found->second;
}

}  // namespace

void RoundBook::CountBytes(std::uint64_t payload_down, std::uint64_t payload_up,
                           std::uint64_t message_down, std::uint64_t message_up) {
  payload_down_ += payload_down;
  payload_up_ += payload_up;
  message_down_ += message_down;
  message_up_ += message_up;
}

void RoundBook::AddFolded(const UpdateHeader& header, std::uint64_t weight) {
  folded_[header.client] = {.client = header.client, .weight = weight, .metrics = header.metrics};
  unreported_.emplace(header.client, header.round, header.attempt);
}

void RoundBook::AddClientEvaluation(const UpdateHeader& header) {
  client_scores_[header.client] = {.examples = header.weight,
                                   .loss = MetricOr0(header.metrics, "loss"),
                                   .accuracy = MetricOr0(header.metrics, "accuracy")};
  unreported_.emplace(header.client, header.round, header.attempt);
}

bool RoundBook::AddCost(const TaskCost& cost) {
  if (unreported_.erase({cost.client, cost.round, cost.attempt}) == 0) return false;
  costs_.push_back(cost);
  return true;
}

std::vector<ledger::EvaluationRecord> RoundBook::TakeClientEvaluation(std::uint32_t round) {
  if (client_scores_.empty()) return {};
  ledger::EvaluationRecord record{.round = round, .examples_of = "clients"};
  for (const auto& [client, score] : client_scores_) {
    const auto weight = static_cast<double>(score.examples);
    record.examples += score.examples;
    record.loss += weight * score.loss;
    record.accuracy += weight * score.accuracy;
  }
  record.loss /= static_cast<double>(record.examples);
  record.accuracy /= static_cast<double>(record.examples);
  client_scores_.clear();
  return {record};
}

ledger::RoundRecord RoundBook::TakeRecord(const Commit& commit, std::uint64_t total_weight,
                                          Nanos fold_ns, ModelId before, ModelId after) {
  ledger::RoundRecord record = std::exchange(record_, {});
  record.round = commit.round;
  record.cohort = commit.cohort;
  record.dropped = commit.dropped;
  record.total_weight = total_weight;
  record.model_before = before;
  record.model_after = after;
  record.fold_ns = fold_ns;
  record.start_ns =
      phase_start_ - record.select_ns - record.broadcast_ns - record.collect_ns - record.commit_ns;
  record.payload_bytes_down = payload_down_.exchange(0);
  record.payload_bytes_up = payload_up_.exchange(0);
  record.message_bytes_down = message_down_.exchange(0);
  record.message_bytes_up = message_up_.exchange(0);
  double loss = 0;
  double weights = 0;
  for (auto& [client, folded] : folded_) {
    if (folded.metrics.contains("train_loss")) {
      loss += static_cast<double>(folded.weight) * folded.metrics.at("train_loss");
      weights += static_cast<double>(folded.weight);
    }
    record.folded.push_back(std::move(folded));
  }
  if (weights > 0) record.train_loss = loss / weights;
  folded_.clear();
  return record;
}

ledger::RunEvent RoundBook::TakeEvent(const ledger::RoundRecord& record) {
  ledger::RunEvent event;
  event.kind = ledger::RunEvent::Kind::kRound;
  event.round = record.round;
  event.cohort = record.cohort.size();
  event.folded = record.folded.size();
  event.wall_s = Seconds(ledger::WallTime(record));
  event.modelled_s = Seconds(ledger::ModelledTime(record, costs_));
  event.fold_s = Seconds(record.fold_ns);
  event.commit_s = Seconds(record.commit_ns);
  event.payload_bytes_down = record.payload_bytes_down;
  event.payload_bytes_up = record.payload_bytes_up;
  event.message_bytes_down = record.message_bytes_down;
  event.message_bytes_up = record.message_bytes_up;
  double tasks = 0;
  for (const TaskCost& cost : costs_) {
    if (cost.round != record.round || cost.task != TaskKind::kTrain) continue;
    ++tasks;
    for (int i = 0; i < kClientPhases; ++i) event.phase_s[i] += Seconds(cost.phase_ns[i]);
  }
  for (double& phase : event.phase_s) phase /= std::max(tasks, 1.0);
  std::erase_if(costs_, [&](const TaskCost& cost) { return cost.round <= record.round; });
  return event;
}

}  // namespace fedround::coordinator
