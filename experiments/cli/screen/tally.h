// The sum of a run's events: the state that progress and summary show.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/ledger/run_event.h"

namespace fedround::cli {

// The failures of one client, as the coordinator saw them.
struct ClientFailures {
  std::uint64_t count = 0;
  std::uint32_t first_round = 0;
  FailureKind what = FailureKind::kAbsent;  // the first one
  std::string message;
};

class Tally {
 public:
  // `central`: for central training, whose rounds are epochs.
  explicit Tally(bool central) : central_(central) {}
  Tally() = default;

  bool central() const { return central_; }
  absl::string_view round_name() const { return central_ ? "epoch" : "round"; }

  void Add(const ledger::RunEvent& event);

  bool started() const { return started_.has_value(); }
  // The events themselves; null if they did not come.
  const std::optional<ledger::event::Started>& start() const { return started_; }
  const std::optional<ledger::event::Finished>& finish() const { return finished_; }

  std::uint64_t connected() const { return connected_; }
  std::uint32_t rounds_done() const { return last_round_.round; }
  std::uint32_t rounds() const { return started_.has_value() ? started_->rounds : 0; }
  const ledger::event::Round& last_round() const { return last_round_; }
  // The figures of the rounds' events, summed over all rounds.
  const ledger::event::Round& total() const { return total_; }
  // Each round's, in order.
  const std::vector<double>& round_wall_s() const { return round_wall_s_; }

  // The newest scores.
  const std::optional<ledger::event::Evaluated>& score() const { return score_; }
  // The newest that the clients gave on their own examples.
  const std::optional<ledger::event::Evaluated>& clients_score() const { return clients_score_; }
  std::optional<double> accuracy_gain() const;
  double evaluate_s() const { return evaluate_s_; }

  std::uint64_t failures_of(FailureKind what) const {
    const auto found = counts_.find(what);
    return found == counts_.end() ? 0 : found->second;
  }
  const std::map<FailureKind, std::uint64_t>& failure_counts() const { return counts_; }
  // By client; failures that belong to no client have no key.
  const std::map<std::optional<ClientId>, ClientFailures>& failures() const { return failures_; }

 private:
  void Take(const ledger::event::Started& started) { started_ = started; }
  void Take(const ledger::event::Joined& joined) { connected_ = joined.clients; }
  void Take(const ledger::event::Round& round);
  void Take(const ledger::event::Evaluated& score);
  void Take(const ledger::event::Failure& failure);
  void Take(const ledger::event::Notice&) {}
  void Take(const ledger::event::Finished& finished) { finished_ = finished; }

  bool central_ = false;
  std::optional<ledger::event::Started> started_;
  std::optional<ledger::event::Finished> finished_;
  std::uint64_t connected_ = 0;
  ledger::event::Round last_round_;
  ledger::event::Round total_;
  std::vector<double> round_wall_s_;
  std::optional<ledger::event::Evaluated> score_;
  std::optional<ledger::event::Evaluated> clients_score_;
  std::optional<double> accuracy_before_;
  double evaluate_s_ = 0;
  std::map<std::optional<ClientId>, ClientFailures> failures_;
  std::map<FailureKind, std::uint64_t> counts_;
};

}  // namespace fedround::cli
