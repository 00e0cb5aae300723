#include "experiments/cli/screen/tally.h"

namespace fedround::cli {

using ledger::RunEvent;

void Tally::Add(const RunEvent& event) {
  switch (event.kind) {
    case RunEvent::Kind::kStarted:
      started_ = event;
      break;
    case RunEvent::Kind::kJoined:
      connected_ = event.clients;
      break;
    case RunEvent::Kind::kRound:
      AddRound(event);
      break;
    case RunEvent::Kind::kEvaluated:
      AddScore(event);
      break;
    case RunEvent::Kind::kFailure: {
      ++counts_[event.what];
      ClientFailures& failures = failures_[event.client];
      if (failures.count++ == 0) {
        failures.first_round = event.round;
        failures.what = event.what;
        failures.message = event.message;
      }
      break;
    }
    case RunEvent::Kind::kNotice:
      break;
    case RunEvent::Kind::kFinished:
      finished_ = event;
      break;
  }
}

void Tally::AddRound(const RunEvent& event) {
  last_round_ = event;
  round_wall_s_.push_back(event.wall_s);
  total_.cohort += event.cohort;
  total_.folded += event.folded;
  total_.wall_s += event.wall_s;
  total_.modelled_s += event.modelled_s;
  for (int i = 0; i < kClientPhases; ++i) total_.phase_s[i] += event.phase_s[i];
  total_.fold_s += event.fold_s;
  total_.commit_s += event.commit_s;
  total_.payload_bytes_down += event.payload_bytes_down;
  total_.payload_bytes_up += event.payload_bytes_up;
  total_.message_bytes_down += event.message_bytes_down;
  total_.message_bytes_up += event.message_bytes_up;
  total_.wire_bytes_down += event.wire_bytes_down;
  total_.wire_bytes_up += event.wire_bytes_up;
}

void Tally::AddScore(const RunEvent& event) {
  evaluate_s_ += event.evaluate_s;
  if (!event.accuracy.has_value()) return;  // only the clients' own scores
  accuracy_before_ = score_.has_value() ? score_->accuracy : std::nullopt;
  score_ = event;
}

std::optional<double> Tally::accuracy_gain() const {
  if (!accuracy_before_.has_value()) return std::nullopt;
  return *score_->accuracy - *accuracy_before_;
}

}  // namespace fedround::cli
