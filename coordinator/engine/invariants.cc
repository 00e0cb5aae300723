// What holds between any two steps of the engine, written apart from the code that maintains it.
// Checked at the end of every Step.
#include "coordinator/engine/invariants.h"

#include <algorithm>

#include "coordinator/engine/round_engine.h"

namespace fedround::coordinator {

absl::string_view RoundEngine::BrokenInvariant(bool thorough) const {
  absl::string_view broken = presence_.Broken(thorough);
  if (broken.empty()) broken = BrokenByState();
  if (thorough && broken.empty()) broken = BrokenByMembers();
  if (thorough && broken.empty()) broken = BrokenByAsks();
  return broken;
}

// Which counts are possible in which state.
absl::string_view RoundEngine::BrokenByState() const {
  HOLDS(asked_count_ + answered_count_ <= members_.size());
  HOLDS(folding_.size() <= answered_count_);
  HOLDS(round_ <= options_.rounds);
  HOLDS(step_ < options_.steps.size());
  switch (state_) {
    case State::kWaitingForClients:
      HOLDS(round_ == 0 && members_.empty() && evaluating_ == 0);
      return "";
    case State::kCollecting:
      // Otherwise the step could last for ever: every wait has a limit.
      HOLDS(timer_at_ > 0 && timer_at_ <= deadline_);
      HOLDS(round_ > 0 && (evaluating_ == 0 || evaluating_ == round_ - 1));
      return "";
    case State::kClosing:
      HOLDS(asked_count_ == 0);
      HOLDS(!folding_.empty() || evaluating_ != 0);
      HOLDS(round_ > 0 && (evaluating_ == 0 || evaluating_ == round_ - 1));
      return "";
    case State::kCommitting:
      HOLDS(round_ > 0 && asked_count_ == 0 && folding_.empty() && evaluating_ == 0);
      HOLDS(step_ + 1 == options_.steps.size() || abandoned_ > 0);
      return "";
    case State::kEvaluatingFirst:
      HOLDS(round_ > 0 && asked_count_ == 0 && folding_.empty() && evaluating_ == round_);
      return "";
    case State::kFinished:
      return "";
  }
  return "unknown state";
}

// The members are the cohort, and each member that is being folded has one upload.
absl::string_view RoundEngine::BrokenByMembers() const {
  HOLDS(members_.empty() || std::ranges::equal(cohort_, members_, {}, {},
                                               [](const auto& member) { return member.first; }));
  HOLDS(CountOf(MemberState::kAsked) == asked_count_);
  HOLDS(CountOf(MemberState::kFolding) == folding_.size());
  HOLDS(CountOf(MemberState::kFolding) + CountOf(MemberState::kFolded) == answered_count_);
  for (const auto& [handle, client] : folding_) {
    const auto member = members_.find(client);
    HOLDS(member != members_.end() && member->second.state == MemberState::kFolding);
  }
  for (const auto& [client, member] : members_) {
    HOLDS(member.state != MemberState::kAsked || presence_.connected(client));
  }
  return "";
}

// Each open ask is that of one member, and no member that was not asked has one.
absl::string_view RoundEngine::BrokenByAsks() const {
  for (const auto& [ask, client] : asks_) {
    const auto member = members_.find(client);
    HOLDS(ask <= last_ask_ && member != members_.end() && member->second.ask == ask);
  }
  for (const auto& [client, member] : members_) {
    HOLDS(member.ask == 0 || asks_.contains(member.ask));
    HOLDS(member.ask != 0 ||
          (member.state != MemberState::kAsked && member.state != MemberState::kFolding &&
           member.state != MemberState::kFolded));
  }
  for (const AskId ask : counted_) HOLDS(ask <= last_ask_);
  return "";
}

}  // namespace fedround::coordinator
