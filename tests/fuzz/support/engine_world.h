// The world around a round engine, driven by a fuzzer's bytes: hosts that come, go and end, answers
// that are right, late, repeated or from somebody else, timers that are current or outdated.
#pragma once

#include <algorithm>
#include <set>
#include <vector>

#include "common/base/check.h"
#include "coordinator/engine/round_engine.h"
#include "tests/fuzz/support/bytes_reader.h"

namespace fedround::fuzz {

inline coordinator::EngineOptions OptionsFrom(BytesReader& bytes) {
  coordinator::EngineOptions options{.seed = bytes.Below(4),
                                     .rounds = 1 + bytes.Below(3),
                                     .clients = 1 + bytes.Below(6),
                                     .min_updates = bytes.Below(4),
                                     .dropout = bytes.Flag() ? 0.4 : 0,
                                     .deadline = 1 + Nanos{bytes.Byte()},
                                     .join_deadline = 1 + Nanos{bytes.Byte()},
                                     .evaluate_every = bytes.Below(3),
                                     .evaluate_beside = bytes.Flag(),
                                     .federated_evaluation = bytes.Flag(),
                                     .max_weight = 1000};
  options.cohort = 1 + bytes.Below(static_cast<std::uint32_t>(options.clients));
  // Otherwise nobody is ever waited for, because times are a few hundred nanoseconds.
  if (bytes.Flag()) options.deadline *= coordinator::RoundEngine::kReturnGrace / 16;
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
        return coordinator::UpdateRefused{bytes.Below(options_.rounds + 1), bytes.Below(2), client,
                                          "unusable"};
      case 6:  // whatever the peer likes
        return coordinator::UpdateReceived{.handle = ++handle_,
                                           .task = static_cast<TaskKind>(1 + bytes.Below(4)),
                                           .round = bytes.Below(options_.rounds + 2),
                                           .step = bytes.Below(3),
                                           .client = client,
                                           .weight = std::uint64_t{bytes.Byte()} * 10};
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
    return coordinator::UpdateReceived{.handle = ++handle_,
                                       .task = asked.task,
                                       .round = asked.round,
                                       .step = asked.step,
                                       .client = asked.client,
                                       .weight = 1 + client};
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
  void Saw(const coordinator::OpenCollect& open) {
    CHECK(!open_);
    open_ = true;
    expected_ = {open.expected.begin(), open.expected.end()};
    CHECK(open.round >= 1 && open.round <= options_.rounds);
    CHECK(open.round >= round_);
    if (open.round > round_) CHECK(open.round == committed_ + 1);
    round_ = open.round;
    folded_.clear();
  }
  void Saw(const coordinator::ExpectClient& expect) {
    CHECK(open_);
    expected_.insert(expect.client);  // again if it left and came back
  }
  void Saw(const coordinator::CloseCollect&) {
    CHECK(open_);
    open_ = false;
  }
  void Saw(const coordinator::Send& send) {
    CHECK(send.instruction.client < options_.clients);
    if (send.instruction.task == TaskKind::kLeave) return;
    CHECK(open_ && send.instruction.round == round_);
    CHECK(expected_.contains(send.instruction.client));
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
    CHECK(std::set<ClientId>(commit.folded.begin(), commit.folded.end()) == folded_);
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
  std::set<ClientId> expected_, folded_;
  bool open_ = false, finished_ = false;
  std::uint32_t round_ = 0, committed_ = 0, commit_ = 0, evaluate_ = 0, evaluating_ = 0;
  std::uint64_t timer_ = 0;
};

}  // namespace fedround::fuzz
