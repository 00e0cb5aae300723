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
  std::string what;  // the first one
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
  // The events themselves; `started` and `finished` only if they came.
  const std::optional<ledger::RunEvent>& start() const { return started_; }
  const std::optional<ledger::RunEvent>& finish() const { return finished_; }

  std::uint64_t connected() const { return connected_; }
  std::uint32_t rounds_done() const { return last_round_.round; }
  std::uint32_t rounds() const { return started_.has_value() ? started_->rounds : 0; }
  const ledger::RunEvent& last_round() const { return last_round_; }
  // The figures of the rounds' events, summed over all rounds.
  const ledger::RunEvent& total() const { return total_; }
  // Each round's, in order.
  const std::vector<double>& round_wall_s() const { return round_wall_s_; }

  // The newest scores.
  const std::optional<ledger::RunEvent>& score() const { return score_; }
  std::optional<double> accuracy_gain() const;
  double evaluate_s() const { return evaluate_s_; }

  // How many failures there were of a kind: "refused", "late", ...
  std::uint64_t failures_of(const std::string& what) const {
    const auto found = counts_.find(what);
    return found == counts_.end() ? 0 : found->second;
  }
  const std::map<std::string, std::uint64_t>& failure_counts() const { return counts_; }
  // By client; failures that belong to no client have no key.
  const std::map<std::optional<ClientId>, ClientFailures>& failures() const { return failures_; }

 private:
  void AddRound(const ledger::RunEvent& event);
  void AddScore(const ledger::RunEvent& event);

  bool central_ = false;
  std::optional<ledger::RunEvent> started_;
  std::optional<ledger::RunEvent> finished_;
  std::uint64_t connected_ = 0;
  ledger::RunEvent last_round_;
  ledger::RunEvent total_;
  std::vector<double> round_wall_s_;
  std::optional<ledger::RunEvent> score_;
  std::optional<double> accuracy_before_;
  double evaluate_s_ = 0;
  std::map<std::optional<ClientId>, ClientFailures> failures_;
  std::map<std::string, std::uint64_t> counts_;  // by kind
};

}  // namespace fedround::cli
