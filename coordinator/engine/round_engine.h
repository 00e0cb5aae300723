// What a round is: a pure state machine, Step(event, now) -> actions.
//
// No gRPC, thread, file, clock or tensor in it: only ids and handles cross its border, so that real
// clients, in-process clients and simulated devices run through the very same code, and any
// schedule of events can be replayed from a seed.
//
//   wait for clients --(all joined or gone, or the join deadline)--> round 1
//
//   round r:  select the cohort
//             -> each collect step ("evaluate" first if clients evaluate, then "train"):
//                  OpenCollect, one Send per member
//                  UpdateReceived -> BeginFold -> FoldDone, or -> Refuse
//                  closes when nobody is left to wait for, or at its deadline
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
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/exit_code.h"
#include "common/ledger/records.h"
#include "common/round/types.h"
#include "coordinator/upload_handle.h"

namespace fedround::coordinator {

// ---- events ----

struct ClientJoined {
  ClientId client = 0;
};
struct ClientLeft {
  ClientId client = 0;
};
// Its process has ended: unless it is started again, it will not join.
struct ClientGone {
  ClientId client = 0;
};
// An answer that passed every check it can pass on its own.
struct UpdateReceived {
  UploadHandle handle = 0;
  TaskKind task = TaskKind::kTrain;
  std::uint32_t round = 0;
  std::uint32_t step = 0;
  ClientId client = 0;
  std::uint64_t weight = 0;
};
// An answer of a member that was asked was refused by the intake: malformed, not finite, ...
struct UpdateRefused {
  std::uint32_t round = 0;
  std::uint32_t step = 0;
  ClientId client = 0;
  std::string why;
};
struct FoldDone {
  UploadHandle handle = 0;
};
struct Evaluated {
  std::uint32_t round = 0;
};
struct Committed {
  std::uint32_t round = 0;
  ModelId model_id = 0;  // the model the next round trains
};
// The coordinator's own work failed (a full disk, damaged data); the run cannot go on.
struct RunFailed {
  std::string why;
  int exit_code = exit_code::kRunFailed;
};
struct TimerFired {
  std::uint64_t id = 0;
};
struct StopRequested {
  std::string why;
  int exit_code = 0;
};
using EngineEvent =
    std::variant<ClientJoined, ClientLeft, ClientGone, UpdateReceived, UpdateRefused, FoldDone,
                 Evaluated, Committed, RunFailed, TimerFired, StopRequested>;

// ---- actions ----

// Answers to this step are accepted from these clients.
struct OpenCollect {
  std::uint32_t round = 0;
  std::uint32_t step = 0;
  TaskKind task = TaskKind::kTrain;
  ModelId model_id = 0;
  std::vector<ClientId> expected;
  bool operator==(const OpenCollect&) const = default;
};
// One more client of the open step, which joined late.
struct ExpectClient {
  ClientId client = 0;
  bool operator==(const ExpectClient&) const = default;
};
// Nothing more is accepted; uploads under way are told that they are late.
struct CloseCollect {
  bool operator==(const CloseCollect&) const = default;
};
struct Send {
  Instruction instruction;
  bool operator==(const Send&) const = default;
};
struct BeginFold {
  UploadHandle handle = 0;
  ClientId client = 0;
  bool operator==(const BeginFold&) const = default;
};
struct Refuse {
  UploadHandle handle = 0;
  absl::StatusCode code = absl::StatusCode::kFailedPrecondition;
  std::string why;
  bool operator==(const Refuse&) const = default;
};
// Compute the next model from what was folded, record the round, answer with Committed.
struct Commit {
  std::uint32_t round = 0;
  std::vector<ClientId> cohort;   // as drawn
  std::vector<ClientId> dropped;  // removed by federation.dropout, or absent from a replayed set
  std::vector<ClientId> folded;   // ascending
  bool operator==(const Commit&) const = default;
};
struct Evaluate {
  std::uint32_t round = 0;
  bool operator==(const Evaluate&) const = default;
};
struct SetTimer {
  std::uint64_t id = 0;
  Nanos at = 0;
  bool operator==(const SetTimer&) const = default;
};
// A member that contributed nothing to a step in which it was asked; for the record.
struct ReportFailure {
  ClientId client = 0;
  FailureKind what = FailureKind::kAbsent;  // or left, late, refused
  std::string message;
  bool operator==(const ReportFailure&) const = default;
};
struct Finish {
  RunOutcome outcome = RunOutcome::kFailed;
  std::string message;
  int exit_code = 0;
  bool operator==(const Finish&) const = default;
};
using EngineAction = std::variant<OpenCollect, ExpectClient, CloseCollect, Send, BeginFold, Refuse,
                                  Commit, Evaluate, SetTimer, ReportFailure, Finish>;
using EngineActions = std::vector<EngineAction>;

struct EngineOptions {
  std::uint64_t seed = 0;
  std::uint32_t rounds = 0;
  std::uint64_t clients = 0;
  std::uint64_t cohort = 0;  // 1 .. clients
  std::uint64_t min_updates = 0;
  double dropout = 0;
  Nanos deadline = 0;
  Nanos join_deadline = 0;
  std::uint32_t evaluate_every = 1;  // 0: only after the last round
  bool evaluate_beside = true;
  bool federated_evaluation = false;
  std::uint64_t max_weight = 0;  // of one answer, so that no sum over a cohort can overflow
  RoundPlan plan;
  std::vector<std::vector<ClientId>> replay;  // folded sets by round; empty: none
};

class RoundEngine {
 public:
  // How long to wait for a client that left if there is nobody else to wait for: a host whose
  // connection broke joins again by itself, within a second or so.
  static constexpr Nanos kReturnGrace = 4 * kNanosPerSecond;

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
  // Of a cohort member in the current collect step.
  enum class Member : std::uint8_t {
    kDropped,  // not asked, on purpose
    kAbsent,   // not connected when it should have been asked, or gone since
    kAsked,
    kFolding,
    kFolded,
    kLate,    // asked, but the deadline came first
    kFailed,  // sent something unusable; not waited for, but may still send a good one
  };

  void OnEvent(const ClientJoined& event, Nanos now);
  void OnEvent(const ClientLeft& event, Nanos now);
  void OnEvent(const ClientGone& event, Nanos now);
  void OnEvent(const UpdateReceived& event, Nanos now);
  void OnEvent(const UpdateRefused& event, Nanos now);
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
  void CloseStep(Nanos now);
  void FinishStep(Nanos now);
  void FinishRun(RunOutcome outcome, std::string message, int exit_code);
  void TellToLeave(ClientId client);
  void Ask(ClientId client);
  TaskKind StepTask() const;
  std::uint32_t StepCount() const { return options_.federated_evaluation ? 2 : 1; }
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
  absl::string_view BrokenByClients() const;
  absl::string_view BrokenByMembers() const;
  // A violated invariant is a bug of the engine itself: the program ends. Thorough in builds with
  // assertions.
  void CheckInvariants() const;
  // The only way a client comes or goes: keeps the counts in step.
  void SetPresence(ClientId client, bool connected, bool gone);
  // The only way a member changes its state: keeps `asked_count_` in step.
  void SetMember(ClientId client, Member state);

  const EngineOptions options_;
  State state_ = State::kWaitingForClients;
  std::uint32_t round_ = 0;
  std::uint32_t step_ = 0;  // index of the collect step
  ModelId model_id_ = 0;
  std::uint32_t evaluating_ = 0;  // round under evaluation; 0: none
  std::uint64_t timer_ = 0;       // the only timer that counts; older ones are ignored
  Nanos timer_at_ = 0;
  Nanos deadline_ = 0;                  // of the open step
  std::vector<bool> connected_;         // by client
  std::vector<bool> gone_;              // by client: its process has ended
  std::vector<std::uint32_t> counted_;  // by client: the last recorded round that folded its answer
  std::uint64_t connected_count_ = 0;
  std::uint64_t awaited_count_ = 0;  // neither connected nor gone
  // Clients that left, and until when each may come back. Those that are back or gone for good are
  // not in it; those whose time is over are removed by the next step.
  std::map<ClientId, Nanos> returning_;
  std::vector<ClientId> cohort_;
  std::map<ClientId, Member> members_;
  std::uint64_t asked_count_ = 0;  // members in state kAsked
  std::map<UploadHandle, ClientId> folding_;
  Finish end_;  // once finished

  EngineActions actions_;  // of the Step in progress
};

}  // namespace fedround::coordinator
