// The books of the round in progress: the coordinator's phases, who answered, what clients
// reported. Its record and its event come from here.
//
//   Begin -> Selected -> (OpenStep -> Broadcast -> Collected)* -> Evaluated -> Committed ->
//   TakeRecord, and the same again for the next round
//
// Owned by the loop; not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/measure/phase_chain.h"
#include "common/ledger/records.h"
#include "common/ledger/run_event.h"
#include "common/round/types.h"
#include "coordinator/engine/round_engine.h"
#include "coordinator/intake/fold_queue.h"

namespace fedround::coordinator {

class RoundBook {
 public:
  RoundBook() : chain_(ProcessCpuNow) {}

  // ---- the chain of phases; each call ends one ----

  // The first round starts here; the chain begins with it.
  void Begin(Nanos now) { chain_.Start(now); }
  // Until here the round could not start (evaluation.when = "after").
  void Idle(Nanos now) { End(ledger::RoundPhase::kIdle, now); }
  void Selected(Nanos now) { End(ledger::RoundPhase::kSelect, now); }
  void OpenStep(std::uint32_t step, TaskKind task);
  void Broadcast(Nanos now);
  // Nothing more is accepted, or the last fold is done: the later one ends `collect`.
  void Closed(Nanos now) { closed_ns_ = now; }
  void Collected();
  void Evaluated(Nanos now) { End(ledger::RoundPhase::kWaitEvaluation, now); }
  void Committed(Nanos now) { End(ledger::RoundPhase::kCommit, now); }
  // How long the ledger's transaction took; it falls into the next round's first phase.
  void Recorded(Nanos duration) { record_ns_ = duration; }

  // How long the fixed piece of work took, in the round that starts.
  void Probed(Nanos duration) { record_.probe_ns = duration; }

  // ---- answers ----

  // An answer that is being folded.
  void AddFolding(UploadHandle handle, ledger::AnswerRow answer);
  void Folded(UploadHandle handle, const FoldTimes& times);
  // An answer to the evaluate step.
  void AddEvaluated(ledger::AnswerRow answer);
  void AddCost(const ledger::TaskRow& task) { costs_.push_back(task); }
  // What the round moved; rows of its connections.
  void AddTraffic(std::span<const ledger::TrafficRecord> traffic);

  // The cohort's score of the model that `round` ended with: means weighted by examples, summed in
  // id order. Nothing if no client was asked.
  std::vector<ledger::EvaluationRecord> ClientEvaluation(std::uint32_t round) const;
  // The finished round. Afterwards the book only holds costs, and the chain goes on.
  ledger::RoundRecord TakeRecord(const Commit& commit, std::uint64_t total_weight, ModelId before,
                                 ModelId after);
  // The event of the round: `record` with the costs that its clients have reported so far, which
  // are then forgotten.
  ledger::event::Round TakeEvent(const ledger::RoundRecord& record);

 private:
  // A phase that an earlier mark has already covered takes no time.
  void End(ledger::RoundPhase phase, Nanos now) { chain_.End(phase, std::max(now, chain_.last())); }

  PhaseChain<ledger::RoundPhase, ledger::kRoundPhases> chain_;
  Nanos closed_ns_ = 0;
  Nanos record_ns_ = 0;
  ledger::RoundRecord record_;
  std::map<UploadHandle, ClientId> folding_;
  std::map<ClientId, ledger::AnswerRow> folded_;
  std::map<ClientId, ledger::AnswerRow> evaluated_;
  std::vector<ledger::TaskRow> costs_;
};

}  // namespace fedround::coordinator
