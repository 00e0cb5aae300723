// Random schedules: in whatever order events come, the engine reaches an end.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/base/rng.h"
#include "coordinator/engine/round_engine.h"
#include "tests/coordinator/engine/engine_tools.h"

namespace fedround::coordinator {
namespace {

// Plays the world to an engine: clients that join, leave, answer, answer twice and too late, in an
// order drawn from a seed.
class RandomWorld {
 public:
  RandomWorld(std::uint64_t seed, EngineOptions options)
      : rng_(seed, RngPurpose::kArrivalOrder), clients_(options.clients) {}

  EngineEvent Next(Nanos now) {
    while (true) {
      switch (rng_.Below(9)) {
        case 0:
          return ClientJoined{rng_.Below(static_cast<std::uint32_t>(clients_))};
        case 1:
          if (const std::uint64_t dice = rng_.Below(8); dice < 3) {
            const ClientId client = rng_.Below(static_cast<std::uint32_t>(clients_));
            return dice < 2 ? EngineEvent(ClientLeft{client}) : EngineEvent(ClientGone{client});
          }
          break;
        case 2:
        case 3:
        case 4:
          if (!asked_.empty()) {
            const Instruction& asked =
                asked_[rng_.Below(static_cast<std::uint32_t>(asked_.size()))];
            return Answered{.handle = ++handle_, .ask = asked.id, .weight = 1 + rng_.Below(5)};
          }
          break;
        case 5:
          if (!folding_.empty()) {
            const auto it = std::next(folding_.begin(),
                                      rng_.Below(static_cast<std::uint32_t>(folding_.size())));
            const UploadHandle handle = *it;
            folding_.erase(it);
            return FoldDone{handle};
          }
          break;
        case 6:
          if (evaluate_.has_value()) {
            const Evaluated event{*evaluate_};
            evaluate_.reset();
            return event;
          }
          break;
        case 7:
          if (commit_.has_value()) {
            const Committed event{*commit_, 1000 + *commit_};
            commit_.reset();
            return event;
          }
          break;
        default:
          if (timer_.has_value() && timer_->at <= now && rng_.Below(3) == 0) {
            return TimerFired{timer_->id};
          }
      }
    }
  }

  void See(const EngineActions& actions) {
    for (const Send& send : Of<Send>(actions)) asked_.push_back(send.instruction);
    for (const BeginFold& fold : Of<BeginFold>(actions)) folding_.insert(fold.handle);
    for (const Evaluate& evaluate : Of<Evaluate>(actions)) evaluate_ = evaluate.round;
    for (const Commit& commit : Of<Commit>(actions)) commit_ = commit.round;
    for (const SetTimer& timer : Of<SetTimer>(actions)) timer_ = timer;
  }

 private:
  Rng rng_;
  std::uint64_t clients_;
  UploadHandle handle_ = 0;
  std::vector<Instruction> asked_;
  std::set<UploadHandle> folding_;
  std::optional<std::uint32_t> evaluate_, commit_;
  std::optional<SetTimer> timer_;
};

EngineOptions RandomOptions() {
  EngineOptions options = Options(6, 4);
  options.cohort = 4;
  options.dropout = 0.2;
  options.steps[0].min = 2;
  options.max_abandoned = 2;
  options.steps.insert(options.steps.begin(), {.task = TaskKind::kEvaluate, .deadline = 100});
  return options;
}

// Half of the schedules run fast enough for those that left to be waited for, and given up.
TEST(RoundEngine, EveryScheduleComesToAnEndAndCountsEachClientOnce) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    EngineOptions options = RandomOptions();
    const bool fast = seed % 2 == 1;
    if (seed % 3 == 0) options.steps[1].target = 3;
    for (StepSpec& step : options.steps) {
      if (fast) step.deadline = 10 * Presence::kReturnGrace;
    }
    RoundEngine engine(options, 77);
    RandomWorld world(seed, options);
    world.See(engine.Start(0));
    std::set<std::pair<std::uint32_t, ClientId>> folded;
    int events = 0;
    for (Nanos now = 1; !engine.finished(); now += fast ? Presence::kReturnGrace / 10 : 1) {
      ASSERT_LT(++events, 100000) << "seed " << seed;
      const EngineActions actions = engine.Step(world.Next(now), now);
      for (const Commit& commit : Of<Commit>(actions)) {
        for (const ClientId client : commit.folded) {
          ASSERT_TRUE(folded.emplace(commit.round, client).second);
          ASSERT_TRUE(std::binary_search(commit.cohort.begin(), commit.cohort.end(), client));
        }
      }
      world.See(actions);
    }
  }
}

}  // namespace
}  // namespace fedround::coordinator
