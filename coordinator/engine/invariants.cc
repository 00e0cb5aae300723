// What holds between any two steps of the engine, written apart from the code that maintains it.
// Checked at the end of every Step.
#include <algorithm>

#include "coordinator/engine/round_engine.h"

// Names the condition that does not hold.
#define HOLDS(condition) \
  if (!(condition)) return #condition

namespace fedround::coordinator {

absl::string_view RoundEngine::BrokenInvariant(bool thorough) const {
  absl::string_view broken = BrokenByState();
  if (thorough && broken.empty()) broken = BrokenByClients();
  if (thorough && broken.empty()) broken = BrokenByMembers();
  return broken;
}

// Which counts are possible in which state.
absl::string_view RoundEngine::BrokenByState() const {
  HOLDS(connected_count_ + awaited_count_ <= options_.clients);
  HOLDS(returning_.size() + connected_count_ <= options_.clients);
  HOLDS(asked_count_ + folding_.size() <= members_.size());
  HOLDS(round_ <= options_.rounds);
  HOLDS(step_ < StepCount());
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
      HOLDS(step_ + 1 == StepCount());
      return "";
    case State::kEvaluatingFirst:
      HOLDS(round_ > 0 && asked_count_ == 0 && folding_.empty() && evaluating_ == round_);
      return "";
    case State::kFinished:
      return "";
  }
  return "unknown state";
}

// A client is connected, gone, or awaited; one that is expected back is awaited.
absl::string_view RoundEngine::BrokenByClients() const {
  std::uint64_t connected = 0;
  std::uint64_t awaited = 0;
  for (ClientId client = 0; client < options_.clients; ++client) {
    if (connected_[client]) ++connected;
    if (!connected_[client] && !gone_[client]) ++awaited;
  }
  HOLDS(connected == connected_count_);
  HOLDS(awaited == awaited_count_);
  for (const std::uint32_t round : counted_) HOLDS(round <= round_);
  for (const auto& [client, until] : returning_) HOLDS(!connected_[client] && !gone_[client]);
  return "";
}

// The members are the cohort, and each member that is being folded has one upload.
absl::string_view RoundEngine::BrokenByMembers() const {
  HOLDS(members_.empty() || std::ranges::equal(cohort_, members_, {}, {},
                                               [](const auto& member) { return member.first; }));
  const auto count = [this](Member state) {
    return static_cast<std::uint64_t>(std::ranges::count_if(
        members_, [state](const auto& member) { return member.second == state; }));
  };
  HOLDS(count(Member::kAsked) == asked_count_);
  HOLDS(count(Member::kFolding) == folding_.size());
  for (const auto& [handle, client] : folding_) {
    const auto member = members_.find(client);
    HOLDS(member != members_.end() && member->second == Member::kFolding);
  }
  for (const auto& [client, member] : members_) {
    HOLDS(member != Member::kAsked || connected_[client]);
  }
  return "";
}

}  // namespace fedround::coordinator
