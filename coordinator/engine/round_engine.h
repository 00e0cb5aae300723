// The synchronous engine: rounds follow each other, and all members of a round train the same model.
//
//   wait for clients --(all joined or gone, or the join deadline)--> round 1
//
//   round r:  select the cohort
//             -> each step (EngineOptions::steps, "train" is the last one):
//                  OpenStep, one Send per member
//                  Answered -> BeginFold -> FoldDone, or -> Refuse
//                  closes when nobody is left to wait for, when enough have answered, or at its
//                  deadline
//             -> round r-1 is evaluated
//             -> Commit -> Committed
//             -> Evaluate r, and beside it round r+1
//
//   last round evaluated: Finish; every client is told to leave
//
// A member whose connection broke is waited for as long as it may take to join again, unless its
// process is known to have ended.
//
// Pipeline depth is exactly one: round r is not committed before round r-1 is evaluated, so what a
// stopping rule sees never depends on timing. Not thread-safe; owned by the coordinator's loop.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "coordinator/engine/engine.h"
#include "coordinator/engine/presence.h"

namespace fedround::coordinator {

// A step of every round: members are asked, and answer or not.
struct StepSpec {
  enum class Who : std::uint8_t {
    kCohort,            // whoever of it is connected, or joins while the step is open
    kThoseWhoAnswered,  // the step before
  };
  TaskKind task = TaskKind::kTrain;
  Who who = Who::kCohort;
  // With fewer answers the round has failed. If there are fewer members, all of them must answer.
  std::uint64_t min = 0;
  // The same, whatever the number of members.
  std::uint64_t at_least = 0;
  // So many answers are enough: the other members' asks are withdrawn. 0: all are waited for.
  std::uint64_t target = 0;
  Nanos deadline = 0;
};

struct EngineOptions {
  std::uint64_t seed = 0;
  std::uint32_t rounds = 0;
  std::uint64_t clients = 0;
  std::uint64_t cohort = 0;     // 1 .. clients
  std::vector<StepSpec> steps;  // at least one; the answers to the last one are folded
  // So many failed rounds in a row are abandoned (they use up their number and leave the model as it
  // is); one more, and the run fails.
  std::uint32_t max_abandoned = 0;
  double dropout = 0;
  Nanos join_deadline = 0;
  std::uint32_t evaluate_every = 1;  // 0: only after the last round
  bool evaluate_beside = true;
  std::uint64_t max_weight = 0;  // of one answer, so that no sum over a cohort can overflow
  RoundPlan plan;
  std::vector<std::vector<ClientId>> replay;  // folded sets by round; empty: none
};

class RoundEngine {
 public:
  RoundEngine(EngineOptions options, ModelId initial_model);

  // The first actions; call once, before any Step.
  EngineActions Start(Nanos now);
  EngineActions Step(const EngineEvent& event, Nanos now);

  bool finished() const { return state_ == State::kFinished; }
  std::uint32_t round() const { return round_; }

 private:
  enum class State : std::uint8_t {
    kWaitingForClients,
    kCollecting,       // members are asked, answers come in
    kClosing,          // nothing more is accepted; folds or the previous evaluation are under way
    kCommitting,       // waiting for Committed
    kEvaluatingFirst,  // evaluation.when = "after", or the last round: waiting for Evaluated
    kFinished,
  };
  // Of a cohort member in the open step.
  enum class MemberState : std::uint8_t {
    kDropped,  // not asked, on purpose
    kOut,      // not asked: it did not answer the step before
    kAbsent,   // not connected when it should have been asked, or gone since
    kAsked,
    kFolding,
    kFolded,
    kLate,       // asked, but the deadline came first
    kWithdrawn,  // asked, but enough others answered first
    kFailed,     // sent something unusable; not waited for, but may still send a good one
  };
  struct Member {
    MemberState state = MemberState::kAbsent;
    AskId ask = 0;  // 0: not asked yet
  };

  void OnEvent(const ClientJoined& event, Nanos now);
  void OnEvent(const ClientLeft& event, Nanos now);
  void OnEvent(const ClientGone& event, Nanos now);
  void OnEvent(const Answered& event, Nanos now);
  void OnEvent(const Refused& event, Nanos now);
  void OnEvent(const FoldDone& event, Nanos now);
  void OnEvent(const Evaluated& event, Nanos now);
  void OnEvent(const Committed& event, Nanos now);
  void OnEvent(const RunFailed& event, Nanos now);
  void OnEvent(const TimerFired& event, Nanos now);
  void OnEvent(const StopRequested& event, Nanos now);

  void StepAfterEnd(const EngineEvent& event);
  void StartRound(Nanos now);
  void StartStep(Nanos now);
  // Advances as far as the state allows; called after every event.
  void Advance(Nanos now);
  void EndCollecting();
  void FinishStep(Nanos now);
  void CommitRound(std::string abandoned);
  // What follows from too few answers to the open step.
  void EndFailedRound();
  void FinishRun(RunOutcome outcome, std::string message, int exit_code);
  void TellToLeave(ClientId client);
  // Asks a member, or asks it again.
  void SendAsk(ClientId client);
  // No member is waited for any longer.
  void GiveUpAsked(MemberState state, FailureKind what, const std::string& why);
  const StepSpec& step() const { return options_.steps[step_]; }
  // The state in which a client of the cohort begins the open step; `before` is its state in the
  // step before, if there was one.
  MemberState StateAtStart(ClientId client, const std::map<ClientId, Member>& before) const;
  std::uint64_t CountOf(MemberState state) const;
  // Of the open step: those that are meant to answer.
  std::uint64_t Members() const {
    return members_.size() - CountOf(MemberState::kDropped) - CountOf(MemberState::kOut);
  }
  // How many answers the open step needs.
  std::uint64_t Needed() const;
  bool HasEnough() const { return CountOf(MemberState::kFolded) >= Needed(); }
  // Whether its target is reached.
  bool TargetReached() const;
  bool MoreSteps() const { return step_ + 1 < options_.steps.size() && HasEnough(); }
  bool EvaluationDue(std::uint32_t round) const;
  // When the open step ends at the latest, given the members that it still waits for.
  Nanos StepEnd() const;
  // Makes the timer that counts due `at`.
  void SetTimerAt(Nanos at);
  // Starts the first round if there is any client; otherwise the run fails with `nobody`.
  void StartRun(std::string nobody, Nanos now);
  // The first violated condition among those that hold between any two steps, as text; "": none.
  // Takes constant time or, if `thorough`, a walk over clients and members.
  absl::string_view BrokenInvariant(bool thorough) const;
  absl::string_view BrokenByState() const;
  absl::string_view BrokenByMembers() const;
  absl::string_view BrokenByAsks() const;
  // A violated invariant is a bug of the engine itself: the program ends. Thorough in builds with
  // assertions.
  void CheckInvariants() const;
  // The only way a member changes its state: keeps the counts in step.
  void SetMember(ClientId client, MemberState state);

  const EngineOptions options_;
  State state_ = State::kWaitingForClients;
  std::uint32_t round_ = 0;
  std::uint32_t step_ = 0;       // of the round
  std::uint32_t abandoned_ = 0;  // rounds, in a row
  AskId last_ask_ = 0;
  ModelId model_id_ = 0;
  std::uint32_t evaluating_ = 0;  // round under evaluation; 0: none
  std::uint64_t timer_ = 0;       // the only timer that counts; older ones are ignored
  Nanos timer_at_ = 0;
  Nanos deadline_ = 0;  // of the open step
  Presence presence_;
  std::vector<AskId> counted_;  // by client: its last ask whose answer a recorded round has folded
  std::vector<ClientId> cohort_;
  std::map<ClientId, Member> members_;
  std::map<AskId, ClientId> asks_;    // of the open step
  std::uint64_t asked_count_ = 0;     // members in state kAsked
  std::uint64_t answered_count_ = 0;  // members in state kFolding or kFolded
  std::map<UploadHandle, ClientId> folding_;
  Finish end_;  // once finished

  EngineActions actions_;  // of the Step in progress
};

}  // namespace fedround::coordinator
