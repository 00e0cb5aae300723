#include "experiments/cli/screen/tally.h"

namespace fedround::cli {

void Tally::Add(const ledger::RunEvent& event) {
  std::visit([this](const auto& kind) { Take(kind); }, event);
}

void Tally::Take(const ledger::event::Round& round) {
  last_round_ = round;
  round_wall_s_.push_back(round.wall_s);
  total_.cohort += round.cohort;
  total_.folded += round.folded;
  total_.wall_s += round.wall_s;
  total_.modelled_s += round.modelled_s;
  for (int i = 0; i < kClientPhases; ++i) total_.phase_s[i] += round.phase_s[i];
  total_.fold_s += round.fold_s;
  total_.commit_s += round.commit_s;
  total_.payload_bytes_down += round.payload_bytes_down;
  total_.payload_bytes_up += round.payload_bytes_up;
  total_.message_bytes_down += round.message_bytes_down;
  total_.message_bytes_up += round.message_bytes_up;
  total_.wire_bytes_down += round.wire_bytes_down;
  total_.wire_bytes_up += round.wire_bytes_up;
}

void Tally::Take(const ledger::event::Evaluated& score) {
  evaluate_s_ += score.evaluate_s;
  if (score.clients_accuracy.has_value()) clients_score_ = score;
  if (!score.accuracy.has_value()) return;  // only the clients' own scores
  accuracy_before_ = score_.has_value() ? score_->accuracy : std::nullopt;
  score_ = score;
}

void Tally::Take(const ledger::event::Failure& failure) {
  ++counts_[failure.what];
  ClientFailures& failures = failures_[failure.client];
  if (failures.count++ > 0) return;
  failures.first_round = failure.round;
  failures.what = failure.what;
  failures.message = failure.message;
}

std::optional<double> Tally::accuracy_gain() const {
  if (!accuracy_before_.has_value()) return std::nullopt;
  return *score_->accuracy - *accuracy_before_;
}

}  // namespace fedround::cli
