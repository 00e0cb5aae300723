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
      presence_(options_.clients),
      counted_(options_.clients, 0) {}

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
  if (const auto* update = std::get_if<Answered>(&event)) {
    actions_.push_back(
        Refuse{update->handle, absl::StatusCode::kFailedPrecondition, "the run is over"});
  }
  // One that was away when the others were told.
  const auto* joined = std::get_if<ClientJoined>(&event);
  if (joined != nullptr && joined->client < options_.clients) TellToLeave(joined->client);
}

// ---- clients come and go ----

void RoundEngine::OnEvent(const ClientJoined& event, Nanos /*now*/) {
  if (!presence_.Join(event.client) || state_ != State::kCollecting) return;
  const auto member = members_.find(event.client);
  if (member == members_.end() || member->second.state != MemberState::kAbsent) return;
  SendAsk(event.client);
}

void RoundEngine::OnEvent(const ClientLeft& event, Nanos now) {
  if (!presence_.Leave(event.client, now)) return;
  const auto member = members_.find(event.client);
  if (member == members_.end() || member->second.state != MemberState::kAsked) return;
  SetMember(event.client, MemberState::kAbsent);
  actions_.push_back(
      ReportFailure{event.client, FailureKind::kLeft,
                    absl::StrCat("disconnected before its answer in round ", round_)});
}

void RoundEngine::OnEvent(const ClientGone& event, Nanos /*now*/) { presence_.Gone(event.client); }

// ---- answers ----

void RoundEngine::OnEvent(const Answered& event, Nanos /*now*/) {
  const auto refuse = [&](absl::StatusCode code, std::string why) {
    actions_.push_back(Refuse{event.handle, code, std::move(why)});
  };
  const auto ask = asks_.find(event.ask);
  if (state_ != State::kCollecting || ask == asks_.end()) {
    return refuse(absl::StatusCode::kFailedPrecondition,
                  absl::StrCat("late: ask ", event.ask, " is closed; the run is in round ", round_,
                               " step ", step_));
  }
  const ClientId client = ask->second;
  const MemberState state = members_.at(client).state;
  if (state == MemberState::kFolding || state == MemberState::kFolded) {
    return refuse(absl::StatusCode::kAlreadyExists,
                  absl::StrCat("client ", client, " has answered round ", round_));
  }
  if (event.weight == 0 || event.weight > options_.max_weight) {
    std::string why = absl::StrCat("weight = ", event.weight, ": must be in [1, ",
                                   options_.max_weight, "], so that a cohort's sum stays exact");
    SetMember(client, MemberState::kFailed);
    actions_.push_back(ReportFailure{client, FailureKind::kRefused, why});
    return refuse(absl::StatusCode::kInvalidArgument, std::move(why));
  }
  SetMember(client, MemberState::kFolding);
  folding_.emplace(event.handle, client);
  actions_.push_back(BeginFold{event.handle, client});
}

void RoundEngine::OnEvent(const Refused& event, Nanos /*now*/) {
  const auto ask = asks_.find(event.ask);
  if (state_ != State::kCollecting || ask == asks_.end()) return;
  if (members_.at(ask->second).state != MemberState::kAsked) return;
  SetMember(ask->second, MemberState::kFailed);
  actions_.push_back(ReportFailure{ask->second, FailureKind::kRefused, event.why});
}

void RoundEngine::OnEvent(const FoldDone& event, Nanos /*now*/) {
  const auto fold = folding_.find(event.handle);
  if (fold == folding_.end()) return;
  SetMember(fold->second, MemberState::kFolded);
  folding_.erase(fold);
}

// ---- the coordinator's own work ----

void RoundEngine::OnEvent(const Evaluated& event, Nanos /*now*/) {
  if (event.round == evaluating_) evaluating_ = 0;
}

void RoundEngine::OnEvent(const Committed& event, Nanos now) {
  if (state_ != State::kCommitting || event.round != round_) return;
  model_id_ = event.model_id;
  if (abandoned_ == 0) {
    for (const auto& [client, member] : members_) {
      if (member.state == MemberState::kFolded) counted_[client] = member.ask;
    }
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
  GiveUpAsked(MemberState::kLate, FailureKind::kLate,
              absl::StrCat("no answer within ", Seconds(step().deadline), " s in round ", round_));
}

void RoundEngine::GiveUpAsked(MemberState state, FailureKind what, const std::string& why) {
  for (const auto& [client, member] : members_) {
    if (member.state != MemberState::kAsked) continue;
    SetMember(client, state);
    actions_.push_back(ReportFailure{client, what, why});
  }
}

void RoundEngine::OnEvent(const StopRequested& event, Nanos /*now*/) {
  FinishRun(RunOutcome::kStopped, event.why, event.exit_code);
}

// ---- the course of a round ----

void RoundEngine::StartRun(std::string nobody, Nanos now) {
  if (presence_.connected_count() > 0) return StartRound(now);
  FinishRun(RunOutcome::kFailed, std::move(nobody), exit_code::kTooFewClients);
}

void RoundEngine::StartRound(Nanos now) {
  if (round_ == options_.rounds) return FinishRun(RunOutcome::kDone, "", exit_code::kDone);
  ++round_;
  step_ = 0;
  members_.clear();
  cohort_ = DrawCohort(options_.seed, round_, options_.clients, options_.cohort);
  StartStep(now);
}

RoundEngine::MemberState RoundEngine::StateAtStart(ClientId client,
                                                   const std::map<ClientId, Member>& before) const {
  const bool dropped = options_.replay.empty()
                           ? DropsOut(options_.seed, round_, client, options_.dropout)
                           : !std::ranges::binary_search(options_.replay[round_ - 1], client);
  if (dropped) return MemberState::kDropped;
  if (step().who == StepSpec::Who::kCohort) return MemberState::kAbsent;
  const bool answered = before.at(client).state == MemberState::kFolded;
  return answered ? MemberState::kAbsent : MemberState::kOut;
}

void RoundEngine::StartStep(Nanos now) {
  state_ = State::kCollecting;
  const std::map<ClientId, Member> before = std::exchange(members_, {});
  asks_.clear();
  asked_count_ = 0;
  answered_count_ = 0;
  actions_.push_back(OpenStep{round_, step_, step().task});
  for (const ClientId client : cohort_) {
    SetMember(client, StateAtStart(client, before));
    if (members_[client].state == MemberState::kAbsent && presence_.connected(client)) {
      SendAsk(client);
    }
  }
  for (const auto& [client, member] : members_) {
    if (member.state != MemberState::kAbsent) continue;
    actions_.push_back(ReportFailure{client, FailureKind::kAbsent,
                                     absl::StrCat("not connected in round ", round_)});
  }
  presence_.ForgetOverdue(now);
  deadline_ = now + step().deadline;
  SetTimerAt(StepEnd());
}

Nanos RoundEngine::StepEnd() const {
  if (asked_count_ > 0) return deadline_;
  Nanos end = 0;
  for (const auto& [client, member] : members_) {
    if (member.state == MemberState::kAbsent) end = std::max(end, presence_.ReturnsUntil(client));
  }
  return std::min(end, deadline_);
}

bool RoundEngine::TargetReached() const {
  // A replay takes the set as it was.
  return step().target > 0 && options_.replay.empty() && answered_count_ >= step().target;
}

void RoundEngine::SetTimerAt(Nanos at) {
  if (at == timer_at_) return;
  timer_at_ = at;
  actions_.push_back(SetTimer{++timer_, at});
}

void RoundEngine::SendAsk(ClientId client) {
  SetMember(client, MemberState::kAsked);
  Member& member = members_[client];
  if (member.ask == 0) {
    member.ask = ++last_ask_;
    asks_.emplace(member.ask, client);
  }
  Instruction instruction{{.id = member.ask,
                           .task = step().task,
                           .client = client,
                           .round = round_,
                           .step = step_,
                           .model_id = model_id_}};
  instruction.counted = counted_[client];
  instruction.plan = options_.plan;
  actions_.push_back(Send{std::move(instruction)});
}

void RoundEngine::Advance(Nanos now) {
  if (state_ == State::kWaitingForClients && presence_.awaited_count() == 0) {
    StartRun("no client joined: the processes of all have ended", now);
  }
  // A round may close at once (nobody to wait for), so the states follow each other in a loop.
  while (state_ != State::kFinished) {
    if (state_ == State::kCollecting && TargetReached()) {
      GiveUpAsked(MemberState::kWithdrawn, FailureKind::kWithdrawn,
                  absl::StrCat("enough others had answered in round ", round_));
      EndCollecting();
    } else if (state_ == State::kCollecting && asked_count_ == 0 && now >= StepEnd()) {
      EndCollecting();
    } else if (state_ == State::kCollecting) {
      return SetTimerAt(StepEnd());
    } else if (state_ == State::kClosing && folding_.empty() && (evaluating_ == 0 || MoreSteps())) {
      FinishStep(now);
    } else if (state_ == State::kEvaluatingFirst && evaluating_ == 0) {
      StartRound(now);
    } else {
      return;
    }
  }
}

void RoundEngine::EndCollecting() {
  state_ = State::kClosing;
  ++timer_;  // the deadline no longer counts
  timer_at_ = 0;
  actions_.push_back(CloseStep{});
}

std::uint64_t RoundEngine::CountOf(MemberState state) const {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      members_, [state](const auto& member) { return member.second.state == state; }));
}

std::uint64_t RoundEngine::Needed() const {
  const bool replayed = !options_.replay.empty() && step_ + 1 == options_.steps.size();
  return std::max(step().at_least, replayed ? Members() : std::min(step().min, Members()));
}

void RoundEngine::FinishStep(Nanos now) {
  if (!HasEnough()) return EndFailedRound();
  if (MoreSteps()) {
    ++step_;
    return StartStep(now);
  }
  abandoned_ = 0;
  CommitRound("");
}

void RoundEngine::CommitRound(std::string abandoned) {
  Commit commit{round_, cohort_, {}, {}, std::move(abandoned)};
  for (const auto& [client, member] : members_) {
    if (member.state == MemberState::kDropped) commit.dropped.push_back(client);
    if (member.state == MemberState::kFolded && commit.abandoned.empty()) {
      commit.folded.push_back(client);
    }
  }
  state_ = State::kCommitting;
  actions_.push_back(std::move(commit));
}

void RoundEngine::EndFailedRound() {
  const std::string why =
      absl::StrCat("round ", round_, " got ", CountOf(MemberState::kFolded), " of ", Members(),
                   " updates and needs ", Needed(),
                   Needed() == step().at_least && step().at_least > 0 ? " (federation.algorithm)"
                   : options_.replay.empty()                          ? " (federation.min_updates)"
                                                                      : " (the replayed set)");
  if (abandoned_ == options_.max_abandoned || !options_.replay.empty()) {
    return FinishRun(
        RunOutcome::kFailed,
        absl::StrCat(why, abandoned_ == 0 ? ""
                                          : absl::StrCat("; before it, ", abandoned_,
                                                         " in a row had been abandoned "
                                                         "(federation.max_abandoned)")),
        exit_code::kTooFewClients);
  }
  ++abandoned_;
  for (const auto& [client, member] : members_) {
    if (member.state != MemberState::kFolded) continue;
    actions_.push_back(
        ReportFailure{client, FailureKind::kAbandoned, absl::StrCat("it answered, but ", why)});
  }
  CommitRound(why);
}

void RoundEngine::FinishRun(RunOutcome outcome, std::string message, int exit_code) {
  if (state_ == State::kCollecting) actions_.push_back(CloseStep{});
  state_ = State::kFinished;
  end_ = Finish{outcome, std::move(message), exit_code};
  for (ClientId client = 0; client < options_.clients; ++client) {
    if (presence_.connected(client)) TellToLeave(client);
  }
  actions_.push_back(end_);
}

void RoundEngine::TellToLeave(ClientId client) {
  Instruction leave{{.task = TaskKind::kLeave, .client = client, .round = round_}};
  leave.counted = counted_[client];
  leave.reason = end_.message;
  leave.exit_code = end_.exit_code;
  actions_.push_back(Send{std::move(leave)});
}

bool RoundEngine::EvaluationDue(std::uint32_t round) const {
  return round == options_.rounds ||
         (options_.evaluate_every != 0 && round % options_.evaluate_every == 0);
}

void RoundEngine::SetMember(ClientId client, MemberState state) {
  MemberState& member = members_[client].state;
  const auto count = [&](std::uint64_t one) {
    if (member == MemberState::kAsked) asked_count_ += one;
    if (member == MemberState::kFolding || member == MemberState::kFolded) answered_count_ += one;
  };
  count(-std::uint64_t{1});
  member = state;
  count(1);
}

}  // namespace fedround::coordinator
