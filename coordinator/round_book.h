// Books of the round in progress: times, bytes, what clients reported. Makes its record and its
// event.
//
// Owned by the loop; only CountBytes is thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "common/base/clock.h"
#include "common/ledger/records.h"
#include "common/ledger/run_event.h"
#include "common/round/types.h"
#include "coordinator/round_engine.h"

namespace fedround::coordinator {

class RoundBook {
 public:
  // The chain select, broadcast, collect, commit has no gap: each phase ends where the next one
  // starts, and the first one at Begin. Recording round r in the ledger falls into r+1's select.
  void Begin(Nanos now) { phase_start_ = now; }
  void Selected(Nanos now) { record_.select_ns += Lap(now); }
  void Broadcast(Nanos now) { record_.broadcast_ns += Lap(now); }
  void Collected(Nanos now) { record_.collect_ns += Lap(now); }
  void Committed(Nanos now) { record_.commit_ns += Lap(now); }

  void CountBytes(std::uint64_t payload_down, std::uint64_t payload_up, std::uint64_t message_down,
                  std::uint64_t message_up);
  // An answer of the update step that is being folded.
  void AddFolded(const UpdateHeader& header, std::uint64_t weight);
  // An answer of the evaluate step.
  void AddClientEvaluation(const UpdateHeader& header);
  // False if no such answer was accepted, or if its cost is known already: peers report what they
  // like.
  bool AddCost(const TaskCost& cost);

  // The cohort's score of the model that `round` ended with: means weighted by examples, summed in
  // id order. Nothing if no client was asked.
  std::vector<ledger::EvaluationRecord> TakeClientEvaluation(std::uint32_t round);
  // The finished round; the book is empty afterwards but for its costs.
  ledger::RoundRecord TakeRecord(const Commit& commit, std::uint64_t total_weight, Nanos fold_ns,
                                 ModelId before, ModelId after);
  // For people: `record` with the costs of its clients that have been reported so far, which are
  // then forgotten.
  ledger::RunEvent TakeEvent(const ledger::RoundRecord& record);

  // Tasks that were accepted and whose cost has not been reported.
  std::size_t costs_outstanding() const { return unreported_.size(); }

 private:
  Nanos Lap(Nanos now) {
    const Nanos lap = now - phase_start_;
    phase_start_ = now;
    return lap;
  }

  struct Score {
    std::uint64_t examples = 0;
    double loss = 0;
    double accuracy = 0;
  };

  Nanos phase_start_ = 0;
  ledger::RoundRecord record_;
  std::map<ClientId, ledger::FoldedClient> folded_;
  std::map<ClientId, Score> client_scores_;
  std::vector<TaskCost> costs_;
  std::set<std::tuple<ClientId, std::uint32_t, std::uint32_t>> unreported_;  // client, round, step
  std::atomic<std::uint64_t> payload_down_{0}, payload_up_{0}, message_down_{0}, message_up_{0};
};

}  // namespace fedround::coordinator
