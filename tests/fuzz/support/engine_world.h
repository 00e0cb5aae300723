// The world around a round engine, driven by a fuzzer's bytes: hosts that come, go and end, answers
// that are right, late, repeated or from somebody else, timers that are current or outdated.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "common/base/check.h"
#include "coordinator/engine/round_engine.h"
#include "tests/fuzz/support/bytes_reader.h"

namespace fedround::fuzz {

inline coordinator::EngineOptions OptionsFrom(BytesReader& bytes) {
  coordinator::EngineOptions options{.seed = bytes.Below(4),
                                     .rounds = 1 + bytes.Below(3),
                                     .clients = 1 + bytes.Below(6),
                                     .dropout = bytes.Flag() ? 0.4 : 0,
                                     .join_deadline = 1 + Nanos{bytes.Byte()},
                                     .evaluate_every = bytes.Below(3),
                                     .evaluate_beside = bytes.Flag(),
                                     .max_weight = 1000};
  using Who = coordinator::StepSpec::Who;
  coordinator::StepSpec step{.task = TaskKind::kTrain,
                             .min = bytes.Below(4),
                             .target = bytes.Below(4),
                             .deadline = 1 + Nanos{bytes.Byte()}};
  // Otherwise nobody is ever waited for, because times are a few hundred nanoseconds.
  if (bytes.Flag()) step.deadline *= coordinator::Presence::kReturnGrace / 16;
  options.steps.assign(1 + bytes.Below(3), step);
  for (coordinator::StepSpec& before : std::span(options.steps).first(options.steps.size() - 1)) {
    before.task = TaskKind::kEvaluate;
    before.min = bytes.Below(2);
  }
  if (bytes.Flag()) options.steps.back().who = Who::kThoseWhoAnswered;
  options.steps.front().who = Who::kCohort;
  options.max_abandoned = bytes.Below(3);
  options.cohort = 1 + bytes.Below(static_cast<std::uint32_t>(options.clients));
  if (bytes.Flag()) {
    const std::uint8_t who = bytes.Byte();
    for (std::uint32_t round = 1; round <= options.rounds; ++round) {
      std::vector<ClientId>& folded = options.replay.emplace_back();
      for (ClientId client = 0; client < options.clients; ++client) {
        if ((who >> ((client + round) % 8) & 1) != 0) folded.push_back(client);
      }
    }
  }
  return options;
}

class EngineWorld {
 public:
  explicit EngineWorld(const coordinator::EngineOptions& options) : options_(options) {}

  coordinator::EngineEvent Next(BytesReader& bytes) {
    // May be one beyond the population: of a host's numbers only the format was checked.
    const ClientId client = bytes.Below(static_cast<std::uint32_t>(options_.clients + 1));
    switch (bytes.Below(16)) {
      case 0:
      case 1:
      case 2:
        return coordinator::ClientJoined{client};
      case 3:
        return coordinator::ClientLeft{client};
      case 4:
        return coordinator::ClientGone{client};
      case 5:
        return coordinator::Refused{bytes.Byte(), "unusable"};
      case 6:  // whatever the peer likes
        return coordinator::Answered{
            .handle = ++handle_, .ask = bytes.Byte(), .weight = std::uint64_t{bytes.Byte()} * 10};
      case 7:
      case 8:
        return coordinator::Evaluated{evaluate_};
      case 9:
        return coordinator::Committed{commit_, 1000 + commit_};
      case 10:
        return coordinator::TimerFired{bytes.Flag() ? timer_ : bytes.Below(16)};
      case 11:
      case 12:
        return coordinator::FoldDone{folding_.empty() ? bytes.Byte() : *folding_.begin()};
      case 13:
        if (bytes.Byte() != 7) break;
        return bytes.Flag() ? coordinator::EngineEvent(coordinator::RunFailed{"disk full", 7})
                            : coordinator::EngineEvent(coordinator::StopRequested{"enough", 130});
      default:
        break;
    }
    if (asked_.empty()) return coordinator::ClientJoined{client};
    const Instruction& asked = asked_[bytes.Byte() % asked_.size()];
    return coordinator::Answered{.handle = ++handle_, .ask = asked.id, .weight = 1 + client};
  }

  // Takes the actions that `event` caused. Aborts at one that the engine must never ask for.
  void See(const coordinator::EngineEvent& event, const coordinator::EngineActions& actions) {
    if (const auto* done = std::get_if<coordinator::FoldDone>(&event)) folding_.erase(done->handle);
    if (std::holds_alternative<coordinator::Evaluated>(event)) evaluating_ = 0;
    for (const coordinator::EngineAction& action : actions) {
      std::visit([this](const auto& of) { Saw(of); }, action);
    }
  }

  bool finished() const { return finished_; }

 private:
  void Saw(const coordinator::OpenStep& open) {
    CHECK(!open_);
    open_ = true;
    expected_.clear();
    CHECK(open.round >= 1 && open.round <= options_.rounds);
    CHECK(open.round >= round_);
    if (open.round > round_) CHECK(open.round == committed_ + 1);
    round_ = open.round;
    folded_.clear();
  }
  void Saw(const coordinator::CloseStep&) {
    CHECK(open_);
    open_ = false;
  }
  void Saw(const coordinator::Send& send) {
    CHECK(send.instruction.client < options_.clients);
    if (send.instruction.task == TaskKind::kLeave) return;
    CHECK(open_ && send.instruction.round == round_);
    // The same ask again if its client left and came back; otherwise a new one.
    const auto [expected, first] = expected_.emplace(send.instruction.client, send.instruction.id);
    CHECK(expected->second == send.instruction.id);
    if (first) CHECK(send.instruction.id > std::exchange(last_ask_, send.instruction.id));
    asked_.push_back(send.instruction);
  }
  void Saw(const coordinator::BeginFold& fold) {
    CHECK(open_ && expected_.contains(fold.client));
    CHECK(folding_.insert(fold.handle).second);
    CHECK(folded_.insert(fold.client).second);  // no client counts twice
  }
  void Saw(const coordinator::Refuse&) {}
  void Saw(const coordinator::Commit& commit) {
    CHECK(!open_ && folding_.empty());
    CHECK(commit.round == round_ && commit.round == committed_ + 1);
    CHECK(evaluating_ == 0);  // the previous round was evaluated
    CHECK(commit.cohort.size() == options_.cohort);
    CHECK(std::ranges::is_sorted(commit.folded));
    if (commit.abandoned.empty()) {
      CHECK(std::set<ClientId>(commit.folded.begin(), commit.folded.end()) == folded_);
    } else {
      CHECK(commit.folded.empty());
    }
    for (const ClientId client : commit.folded) {
      CHECK(std::ranges::find(commit.cohort, client) != commit.cohort.end());
      CHECK(std::ranges::find(commit.dropped, client) == commit.dropped.end());
    }
    commit_ = committed_ = commit.round;
  }
  void Saw(const coordinator::Evaluate& evaluate) {
    CHECK(evaluating_ == 0 && evaluate.round == committed_);
    evaluate_ = evaluating_ = evaluate.round;
  }
  void Saw(const coordinator::SetTimer& timer) {
    CHECK(timer.id > timer_);
    timer_ = timer.id;
  }
  void Saw(const coordinator::ReportFailure& failure) { CHECK(failure.client < options_.clients); }
  void Saw(const coordinator::Finish& finish) {
    CHECK(!open_ && !finished_);
    finished_ = true;
    if (finish.outcome == RunOutcome::kDone)
      CHECK(committed_ == options_.rounds && evaluating_ == 0);
  }

 private:
  const coordinator::EngineOptions& options_;
  coordinator::UploadHandle handle_ = 100;  // beyond the bytes that FoldDone may name
  std::vector<Instruction> asked_;
  std::set<coordinator::UploadHandle> folding_;
  std::map<ClientId, AskId> expected_;  // of the open step
  AskId last_ask_ = 0;
  std::set<ClientId> folded_;
  bool open_ = false, finished_ = false;
  std::uint32_t round_ = 0, committed_ = 0, commit_ = 0, evaluate_ = 0, evaluating_ = 0;
  std::uint64_t timer_ = 0;
};

}  // namespace fedround::fuzz
