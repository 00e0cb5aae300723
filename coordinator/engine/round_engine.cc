#include "coordinator/engine/round_engine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/round/cohort.h"

namespace fedround::coordinator {

RoundEngine::RoundEngine(EngineOptions options, ModelId initial_model)
    : options_(std::move(options)),
      model_id_(initial_model),
      connected_(options_.clients, false),
      gone_(options_.clients, false),
      counted_(options_.clients, 0),
      awaited_count_(options_.clients) {}

EngineActions RoundEngine::Start(Nanos now) {
  actions_.clear();
  SetTimerAt(now + options_.join_deadline);
  CheckInvariants();
  return std::exchange(actions_, {});
}

EngineActions RoundEngine::Step(const EngineEvent& event, Nanos now) {
  actions_.clear();
  if (state_ == State::kFinished) {
    StepAfterEnd(event);
  } else {
    std::visit([&](const auto& e) { OnEvent(e, now); }, event);
    Advance(now);
  }
  CheckInvariants();
  return std::exchange(actions_, {});
}

void RoundEngine::CheckInvariants() const {
#ifdef NDEBUG
  constexpr bool kThorough = false;
#else
  constexpr bool kThorough = true;
#endif
  const absl::string_view broken = BrokenInvariant(kThorough);
  if (!broken.empty()) CheckFailed(__FILE__, __LINE__, std::string(broken).c_str());
}

void RoundEngine::StepAfterEnd(const EngineEvent& event) {
  // Late uploads still want an answer.
  if (const auto* update = std::get_if<UpdateReceived>(&event)) {
    actions_.push_back(
        Refuse{update->handle, absl::StatusCode::kFailedPrecondition, "the run is over"});
  }
  // One that was away when the others were told.
  const auto* joined = std::get_if<ClientJoined>(&event);
  if (joined != nullptr && joined->client < options_.clients) TellToLeave(joined->client);
}

// ---- clients come and go ----

void RoundEngine::OnEvent(const ClientJoined& event, Nanos /*now*/) {
  if (event.client >= options_.clients || connected_[event.client]) return;
  SetPresence(event.client, /*connected=*/true, /*gone=*/false);
  if (state_ != State::kCollecting) return;
  const auto member = members_.find(event.client);
  if (member == members_.end() || member->second != Member::kAbsent) return;
  actions_.push_back(ExpectClient{event.client});
  Ask(event.client);
}

void RoundEngine::OnEvent(const ClientLeft& event, Nanos now) {
  if (event.client >= options_.clients || !connected_[event.client]) return;
  SetPresence(event.client, /*connected=*/false, gone_[event.client]);
  if (!gone_[event.client]) returning_[event.client] = now + kReturnGrace;
  const auto member = members_.find(event.client);
  if (member == members_.end() || member->second != Member::kAsked) return;
  SetMember(event.client, Member::kAbsent);
  actions_.push_back(
      ReportFailure{event.client, FailureKind::kLeft,
                    absl::StrCat("disconnected before its answer in round ", round_)});
}

// If it is still connected, its connection will end as well; then it is not waited for again.
void RoundEngine::OnEvent(const ClientGone& event, Nanos /*now*/) {
  if (event.client >= options_.clients) return;
  SetPresence(event.client, connected_[event.client], /*gone=*/true);
}

void RoundEngine::SetPresence(ClientId client, bool connected, bool gone) {
  const auto count = [&](std::uint64_t one) {
    if (connected_[client]) connected_count_ += one;
    if (!connected_[client] && !gone_[client]) awaited_count_ += one;
  };
  count(-std::uint64_t{1});
  connected_[client] = connected;
  gone_[client] = gone;
  count(1);
  if (connected || gone) returning_.erase(client);
}

// ---- answers ----

void RoundEngine::OnEvent(const UpdateReceived& event, Nanos /*now*/) {
  const auto refuse = [&](absl::StatusCode code, std::string why) {
    actions_.push_back(Refuse{event.handle, code, std::move(why)});
  };
  if (state_ != State::kCollecting || event.round != round_ || event.step != step_ ||
      event.task != StepTask()) {
    return refuse(absl::StatusCode::kFailedPrecondition,
                  absl::StrCat("late: round ", event.round, " step ", event.step,
                               " is closed; the run is in round ", round_, " step ", step_));
  }
  const auto member = members_.find(event.client);
  if (member == members_.end() || member->second == Member::kDropped ||
      member->second == Member::kLate) {
    return refuse(absl::StatusCode::kNotFound,
                  absl::StrCat("client ", event.client, " was not asked in round ", round_));
  }
  if (member->second == Member::kFolding || member->second == Member::kFolded) {
    return refuse(absl::StatusCode::kAlreadyExists,
                  absl::StrCat("client ", event.client, " has answered round ", round_));
  }
  if (event.weight == 0 || event.weight > options_.max_weight) {
    std::string why = absl::StrCat("weight = ", event.weight, ": must be in [1, ",
                                   options_.max_weight, "], so that a cohort's sum stays exact");
    SetMember(event.client, Member::kFailed);
    actions_.push_back(ReportFailure{event.client, FailureKind::kRefused, why});
    return refuse(absl::StatusCode::kInvalidArgument, std::move(why));
  }
  SetMember(event.client, Member::kFolding);
  folding_.emplace(event.handle, event.client);
  actions_.push_back(BeginFold{event.handle, event.client});
}

void RoundEngine::OnEvent(const UpdateRefused& event, Nanos /*now*/) {
  if (state_ != State::kCollecting || event.round != round_ || event.step != step_) return;
  const auto member = members_.find(event.client);
  if (member == members_.end() || member->second != Member::kAsked) return;
  SetMember(event.client, Member::kFailed);
  actions_.push_back(ReportFailure{event.client, FailureKind::kRefused, event.why});
}

void RoundEngine::OnEvent(const FoldDone& event, Nanos /*now*/) {
  const auto fold = folding_.find(event.handle);
  if (fold == folding_.end()) return;
  SetMember(fold->second, Member::kFolded);
  folding_.erase(fold);
}

// ---- the coordinator's own work ----

void RoundEngine::OnEvent(const Evaluated& event, Nanos /*now*/) {
  if (event.round == evaluating_) evaluating_ = 0;
}

void RoundEngine::OnEvent(const Committed& event, Nanos now) {
  if (state_ != State::kCommitting || event.round != round_) return;
  model_id_ = event.model_id;
  for (const auto& [client, member] : members_) {
    if (member == Member::kFolded) counted_[client] = round_;
  }
  if (EvaluationDue(round_)) {
    evaluating_ = round_;
    actions_.push_back(Evaluate{round_});
  }
  if (round_ == options_.rounds || !options_.evaluate_beside) {
    state_ = State::kEvaluatingFirst;  // Advance continues once nothing is being evaluated
  } else {
    StartRound(now);
  }
}

void RoundEngine::OnEvent(const RunFailed& event, Nanos /*now*/) {
  FinishRun(RunOutcome::kFailed, event.why, event.exit_code);
}

void RoundEngine::OnEvent(const TimerFired& event, Nanos now) {
  if (event.id != timer_) return;
  if (state_ == State::kWaitingForClients) {
    return StartRun(absl::StrCat("no client joined within ", Seconds(options_.join_deadline),
                                 " s (federation.join_deadline_s)"),
                    now);
  }
  if (state_ != State::kCollecting) return;
  for (const auto& [client, member] : members_) {
    if (member != Member::kAsked) continue;
    SetMember(client, Member::kLate);
    actions_.push_back(ReportFailure{
        client, FailureKind::kLate,
        absl::StrCat("no answer within ", Seconds(options_.deadline), " s in round ", round_)});
  }
}

void RoundEngine::OnEvent(const StopRequested& event, Nanos /*now*/) {
  FinishRun(RunOutcome::kStopped, event.why, event.exit_code);
}

// ---- the course of a round ----

void RoundEngine::StartRun(std::string nobody, Nanos now) {
  if (connected_count_ > 0) return StartRound(now);
  FinishRun(RunOutcome::kFailed, std::move(nobody), exit_code::kTooFewClients);
}

void RoundEngine::StartRound(Nanos now) {
  if (round_ == options_.rounds) return FinishRun(RunOutcome::kDone, "", exit_code::kDone);
  ++round_;
  step_ = 0;
  cohort_ = DrawCohort(options_.seed, round_, options_.clients, options_.cohort);
  StartStep(now);
}

void RoundEngine::StartStep(Nanos now) {
  state_ = State::kCollecting;
  members_.clear();
  asked_count_ = 0;
  const std::vector<ClientId>* replayed =
      options_.replay.empty() ? nullptr : &options_.replay[round_ - 1];
  OpenCollect open{round_, step_, StepTask(), model_id_, {}};
  for (const ClientId client : cohort_) {
    const bool dropped = replayed != nullptr
                             ? !std::binary_search(replayed->begin(), replayed->end(), client)
                             : DropsOut(options_.seed, round_, client, options_.dropout);
    SetMember(client, dropped ? Member::kDropped : Member::kAbsent);
    if (!dropped && connected_[client]) open.expected.push_back(client);
  }
  const std::vector<ClientId> expected = open.expected;
  actions_.push_back(std::move(open));
  for (const ClientId client : expected) Ask(client);
  for (const auto& [client, member] : members_) {
    if (member != Member::kAbsent) continue;
    actions_.push_back(ReportFailure{client, FailureKind::kAbsent,
                                     absl::StrCat("not connected in round ", round_)});
  }
  std::erase_if(returning_, [now](const auto& left) { return left.second <= now; });
  deadline_ = now + options_.deadline;
  SetTimerAt(StepEnd());
}

Nanos RoundEngine::StepEnd() const {
  if (asked_count_ > 0) return deadline_;
  Nanos end = 0;
  for (const auto& [client, member] : members_) {
    if (member != Member::kAbsent) continue;
    const auto found = returning_.find(client);
    if (found != returning_.end()) end = std::max(end, found->second);
  }
  return std::min(end, deadline_);
}

void RoundEngine::SetTimerAt(Nanos at) {
  if (at == timer_at_) return;
  timer_at_ = at;
  actions_.push_back(SetTimer{++timer_, at});
}

void RoundEngine::Ask(ClientId client) {
  SetMember(client, Member::kAsked);
  actions_.push_back(Send{{.task = StepTask(),
                           .client = client,
                           .round = round_,
                           .step = step_,
                           .model_id = model_id_,
                           .counted = counted_[client],
                           .plan = options_.plan,
                           .reason = {},
                           .exit_code = 0}});
}

void RoundEngine::Advance(Nanos now) {
  if (state_ == State::kWaitingForClients && awaited_count_ == 0) {
    StartRun("no client joined: the processes of all have ended", now);
  }
  // A round may close at once (nobody to wait for), so the states follow each other in a loop.
  while (state_ != State::kFinished) {
    if (state_ == State::kCollecting && asked_count_ == 0 && now >= StepEnd()) {
      CloseStep(now);
    } else if (state_ == State::kCollecting) {
      return SetTimerAt(StepEnd());
    } else if (state_ == State::kClosing && folding_.empty() &&
               (evaluating_ == 0 || step_ + 1 < StepCount())) {
      FinishStep(now);
    } else if (state_ == State::kEvaluatingFirst && evaluating_ == 0) {
      StartRound(now);
    } else {
      return;
    }
  }
}

void RoundEngine::CloseStep(Nanos /*now*/) {
  state_ = State::kClosing;
  ++timer_;  // the deadline no longer counts
  timer_at_ = 0;
  actions_.push_back(CloseCollect{});
}

void RoundEngine::FinishStep(Nanos now) {
  if (step_ + 1 < StepCount()) {
    ++step_;
    return StartStep(now);
  }
  Commit commit{round_, cohort_, {}, {}};
  for (const auto& [client, member] : members_) {
    if (member == Member::kFolded) commit.folded.push_back(client);
    if (member == Member::kDropped) commit.dropped.push_back(client);
  }
  const std::uint64_t expected = members_.size() - commit.dropped.size();
  const std::uint64_t needed =
      options_.replay.empty() ? std::min(options_.min_updates, expected) : expected;
  if (commit.folded.size() < needed) {
    return FinishRun(
        RunOutcome::kFailed,
        absl::StrCat("round ", round_, " got ", commit.folded.size(), " of ", expected,
                     " updates and needs ", needed,
                     options_.replay.empty() ? " (federation.min_updates)" : " (the replayed set)"),
        exit_code::kTooFewClients);
  }
  state_ = State::kCommitting;
  actions_.push_back(std::move(commit));
}

void RoundEngine::FinishRun(RunOutcome outcome, std::string message, int exit_code) {
  if (state_ == State::kCollecting) actions_.push_back(CloseCollect{});
  state_ = State::kFinished;
  end_ = Finish{outcome, std::move(message), exit_code};
  for (ClientId client = 0; client < options_.clients; ++client) {
    if (connected_[client]) TellToLeave(client);
  }
  actions_.push_back(end_);
}

void RoundEngine::TellToLeave(ClientId client) {
  actions_.push_back(Send{{.task = TaskKind::kLeave,
                           .client = client,
                           .round = round_,
                           .step = 0,
                           .model_id = 0,
                           .counted = counted_[client],
                           .plan = {},
                           .reason = end_.message,
                           .exit_code = end_.exit_code}});
}

TaskKind RoundEngine::StepTask() const {
  return step_ + 1 == StepCount() ? TaskKind::kTrain : TaskKind::kEvaluate;
}

bool RoundEngine::EvaluationDue(std::uint32_t round) const {
  return round == options_.rounds ||
         (options_.evaluate_every != 0 && round % options_.evaluate_every == 0);
}

void RoundEngine::SetMember(ClientId client, Member state) {
  Member& member = members_[client];
  if (member == Member::kAsked) --asked_count_;
  member = state;
  if (member == Member::kAsked) ++asked_count_;
}

}  // namespace fedround::coordinator
