#include "coordinator/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fedround::coordinator {
namespace {

using ::testing::ElementsAre;

// A loop on a clock that only the test moves; what it runs is written down by name.
class LoopTest : public ::testing::Test {
 protected:
  void TearDown() override { now_ = 0; }

  void Post(Nanos at, const std::string& name) {
    now_ = at;
    loop_.Post([this, name] { ran_.push_back(name); });
  }
  Loop::TimerId PostAt(Nanos due, const std::string& name) {
    return loop_.PostAt(due, [this, name] { ran_.push_back(name); });
  }
  // From `at` on, until `count` have run. The clock stands still meanwhile.
  std::vector<std::string> Run(Nanos at, std::size_t count) {
    now_ = at;
    loop_.Run([&] { return ran_.size() == count; });
    return ran_;
  }

  static Nanos now_;
  Loop loop_{[] { return now_; }};
  std::vector<std::string> ran_;
};
Nanos LoopTest::now_ = 0;

TEST_F(LoopTest, RunsTasksInTheOrderTheyWerePosted) {
  Post(1, "first");
  Post(2, "second");
  EXPECT_THAT(Run(3, 2), ElementsAre("first", "second"));
}

TEST_F(LoopTest, RunsWhatIsThereBeforeATimerThatIsNotDue) {
  PostAt(10, "timer");
  Post(1, "task");
  EXPECT_THAT(Run(2, 1), ElementsAre("task"));
}

TEST_F(LoopTest, RunsATimerThatIsDueBeforeWhatWasPostedLater) {
  PostAt(10, "timer");
  Post(11, "task");
  EXPECT_THAT(Run(12, 2), ElementsAre("timer", "task"));
}

TEST_F(LoopTest, RunsWhatWasPostedBeforeATimerWasDueBeforeIt) {
  PostAt(10, "deadline");
  Post(9, "answer");
  Post(10, "answer just in time");
  Post(11, "late answer");
  EXPECT_THAT(Run(12, 4), ElementsAre("answer", "answer just in time", "deadline", "late answer"));
}

TEST_F(LoopTest, RunsTimersInTheOrderTheyAreDue) {
  PostAt(20, "second");
  PostAt(10, "first");
  EXPECT_THAT(Run(30, 2), ElementsAre("first", "second"));
}

TEST_F(LoopTest, ForgetsATimerThatIsCancelled) {
  PostAt(30, "kept");
  loop_.Cancel(PostAt(10, "cancelled"));
  EXPECT_THAT(Run(40, 1), ElementsAre("kept"));
}

// ---- a process that was stopped ----

constexpr Nanos kDue = 100 * Loop::kOverslept;
constexpr Nanos kAwake = kDue + 10 * Loop::kOverslept;

TEST_F(LoopTest, PutsATimerOffThatItOversleptByMuch) {
  PostAt(kDue, "deadline");
  // Stopped until long after; the sockets' threads post what came meanwhile.
  Post(kAwake, "answer");
  EXPECT_THAT(Run(kAwake, 1), ElementsAre("answer"));
}

TEST_F(LoopTest, PutsATimerOffOnlyOnce) {
  PostAt(kDue, "deadline");
  Post(kAwake, "answer");
  Run(kAwake, 1);
  Post(100 * kAwake, "late answer");
  EXPECT_THAT(Run(100 * kAwake, 3), ElementsAre("answer", "deadline", "late answer"));
}

TEST_F(LoopTest, PutsATimerOffByAsMuchAsItWasLate) {
  PostAt(kDue, "deadline");
  Post(kAwake, "answer");
  Run(kAwake, 1);
  Post(2 * kAwake - kDue, "answer just in time");
  Post(2 * kAwake - kDue + 1, "late answer");
  EXPECT_THAT(Run(2 * kAwake, 4),
              ElementsAre("answer", "answer just in time", "deadline", "late answer"));
}

TEST_F(LoopTest, PutsATimerOffByNoMoreThanItsLength) {
  PostAt(kDue, "deadline");
  const Nanos awake = 50 * kDue;
  Post(awake, "answer");
  Run(awake, 1);
  Post(awake + kDue, "answer just in time");
  Post(awake + kDue + 1, "late answer");
  EXPECT_THAT(Run(awake + 2 * kDue, 4),
              ElementsAre("answer", "answer just in time", "deadline", "late answer"));
}

TEST_F(LoopTest, PutsATimerOffThatWasSetByTheTaskInWhichTheProcessWasStopped) {
  loop_.Post([this] {
    now_ = kAwake;  // stopped between the round's start and its timer
    PostAt(kDue, "deadline");
  });
  loop_.Run([] { return now_ == kAwake; });
  Post(kAwake + 1, "answer");
  Run(kAwake + 1, 1);
  Post(kAwake + 2, "next answer");
  EXPECT_THAT(Run(kAwake + 2, 2), ElementsAre("answer", "next answer"));
}

}  // namespace
}  // namespace fedround::coordinator
