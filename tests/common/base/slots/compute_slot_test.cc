#include "common/base/slots/compute_slot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/slots/board.h"

namespace fedround {
namespace {

using ::testing::HasSubstr;

constexpr Nanos kLong = 60 * kNanosPerSecond;  // against hanging, not a measurement

class Slots : public ::testing::Test {
 protected:
  Slots()
      : folder(::testing::TempDir() + "/slots_" +
               ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder);
  }
  ~Slots() override {
    for (const pid_t child : children) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
  }

  ComputeSlots Open(int count, const std::string& run = "a") const {
    return ComputeSlots::OpenIn(std::vector<std::string>{folder},
                                {.count = count, .run_id = run, .folder = "runs/" + run});
  }
  // A process that does it, and then nothing until it is killed.
  template <typename Act>
  pid_t Fork(const Act& act) {
    const pid_t child = fork();
    if (child == 0) {
      act();
      while (true) pause();
    }
    children.push_back(child);
    return child;
  }
  // A process that takes a slot, says so and never gives it back.
  pid_t StartHolder(const ComputeSlots& slots) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const Fd out(ends[0]), in(ends[1]);
    const pid_t holder = Fork([&] {
      static std::optional<ComputeSlots::Slot> slot;
      slot.emplace(slots.Take(go_on).value());
      if (write(in.get(), "", 1) != 1) _exit(1);
    });
    char byte = 0;
    EXPECT_EQ(read(out.get(), &byte, 1), 1);
    return holder;
  }
  static void Stop(pid_t process) {
    kill(process, SIGSTOP);
    waitpid(process, nullptr, WUNTRACED);
  }
  // Whether the process looks for a slot on behalf of its run.
  bool IsHead(pid_t process) const {
    const auto board = slots::Board::Open(folder + "/board", 1).value();
    for (std::uint32_t r = 0; r < slots::kRuns; ++r) {
      if (board->run(r).head == static_cast<std::uint32_t>(process)) return true;
    }
    return false;
  }
  bool GetsOne(const ComputeSlots& slots) const {
    return slots.Take(go_on, MonotonicNow() + kLong).ok();
  }

  const std::atomic<bool> go_on{false};
  const std::string folder;
  std::vector<pid_t> children;
};

TEST_F(Slots, NeverHaveMoreHoldersThanThereAre) {
  const ComputeSlots slots = Open(3);
  std::atomic<int> holders{0};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        const auto slot = slots.Take(go_on);
        const int now = ++holders;
        int seen = most;
        while (now > seen && !most.compare_exchange_weak(seen, now)) {
        }
        std::this_thread::yield();
        --holders;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 3);
  EXPECT_GE(most, 1);
}

TEST_F(Slots, EveryWaiterOfManyRunsGetsOne) {
  std::vector<ComputeSlots> runs;
  for (int r = 0; r < 4; ++r) runs.push_back(Open(2, absl::StrCat("run", r)));
  std::optional<ComputeSlots::Slot> first = runs[0].Take(go_on).value();
  std::optional<ComputeSlots::Slot> second = runs[0].Take(go_on).value();
  std::atomic<int> served{0};
  std::vector<std::thread> waiters;
  for (int i = 0; i < 40; ++i) {
    waiters.emplace_back(
        [&, i] { served += runs[static_cast<std::size_t>(i) % runs.size()].Take(go_on).ok(); });
  }
  first.reset();
  second.reset();
  for (std::thread& waiter : waiters) waiter.join();
  EXPECT_EQ(served, 40);
}

TEST_F(Slots, AWaiterGivesUpAtItsDeadlineOrWhenStopped) {
  const ComputeSlots slots = Open(1);
  const auto held = slots.Take(go_on);
  ASSERT_TRUE(held.ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(slots.Take(go_on, MonotonicNow()).status()));
  const std::atomic<bool> stop{true};
  EXPECT_TRUE(absl::IsCancelled(slots.Take(stop).status()));
}

TEST_F(Slots, TheSlotOfAKilledHolderIsTakenThoughItRangNoBell) {
  const ComputeSlots slots = Open(1);
  const pid_t holder = StartHolder(slots);
  EXPECT_TRUE(absl::IsDeadlineExceeded(slots.Take(go_on, MonotonicNow()).status()));
  kill(holder, SIGKILL);
  EXPECT_TRUE(GetsOne(slots));
}

TEST_F(Slots, AKilledHeadOfTheQueueLeavesItToTheNext) {
  const ComputeSlots slots = Open(1);
  const pid_t holder = StartHolder(slots);
  const pid_t head = Fork([&] { (void)slots.Take(go_on); });
  while (!IsHead(head)) std::this_thread::yield();
  kill(head, SIGKILL);
  kill(holder, SIGKILL);
  EXPECT_TRUE(GetsOne(slots));
}

// Of a thread that waits for half a second and gives up.
Nanos CpuOfAWait(const ComputeSlots& slots, const std::atomic<bool>& go_on) {
  const Nanos before = ThreadCpuNow();
  const auto slot = slots.Take(go_on, MonotonicNow() + kNanosPerSecond / 2);
  EXPECT_TRUE(absl::IsDeadlineExceeded(slot.status())) << slot.status();
  return ThreadCpuNow() - before;
}

TEST_F(Slots, WaitersLeaveTheCoreToTheHolder) {
  const ComputeSlots slots = Open(1);
  const auto held = slots.Take(go_on);
  Nanos first = 0;
  Nanos second = 0;
  std::thread one([&] { first = CpuOfAWait(slots, go_on); });
  std::thread other([&] { second = CpuOfAWait(slots, go_on); });
  one.join();
  other.join();
  EXPECT_LT(first, 100 * kNanosPerMilli);
  EXPECT_LT(second, 100 * kNanosPerMilli);
}

TEST_F(Slots, PinTheirHolderToTheCore) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  if (!CPU_ISSET(0, &before)) GTEST_SKIP() << "core 0 is not ours";
  const ComputeSlots slots =
      ComputeSlots::OpenIn(std::vector<std::string>{folder}, {.count = 1, .pin = true});
  std::thread([&] {
    const auto slot = slots.Take(go_on);
    cpu_set_t pinned;
    ASSERT_EQ(sched_getaffinity(0, sizeof(pinned), &pinned), 0);
    EXPECT_EQ(CPU_COUNT(&pinned), 1);
    EXPECT_TRUE(CPU_ISSET(0, &pinned));
  }).join();
}

// ---- those who are stopped ----

TEST_F(Slots, TheSlotOfAStoppedHolderIsLent) {
  const ComputeSlots slots = Open(1);
  Stop(StartHolder(slots));
  EXPECT_TRUE(GetsOne(slots));
  EXPECT_TRUE(GetsOne(Open(1, "b")));
}

TEST_F(Slots, AStoppedBorrowerStopsNobodyEither) {
  const ComputeSlots slots = Open(1);
  for (int i = 0; i < 6; ++i) Stop(StartHolder(slots));
  EXPECT_TRUE(GetsOne(slots));
}

TEST_F(Slots, TheSlotOfAHolderThatDoesNothingIsLent) {
  const ComputeSlots slots = Open(1);
  StartHolder(slots);
  EXPECT_TRUE(GetsOne(slots));
}

TEST_F(Slots, AStoppedHeadOfTheQueueIsPassedOver) {
  const ComputeSlots slots = Open(1);
  const pid_t holder = StartHolder(slots);
  const pid_t head = Fork([&] { (void)slots.Take(go_on); });
  while (!IsHead(head)) std::this_thread::yield();
  Stop(head);
  kill(holder, SIGKILL);
  EXPECT_TRUE(GetsOne(slots));
}

// ---- runs beside each other ----

TEST_F(Slots, OfTheMachineAreSharedByItsRuns) {
  const ComputeSlots a = Open(1, "a");
  const ComputeSlots b = Open(1, "b");
  const auto held = a.Take(go_on);
  ASSERT_TRUE(held.ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(b.Take(go_on, MonotonicNow()).status()));
}

TEST_F(Slots, OfARunAreItsOwn) {
  const auto open = [this](const std::string& run) {
    return ComputeSlots::OpenIn(std::vector<std::string>{folder},
                                {.count = 1, .of_the_run = true, .run_id = run});
  };
  const ComputeSlots machine = Open(1, "m");
  const ComputeSlots a = open("a");
  const ComputeSlots again = open("a");
  const ComputeSlots b = open("b");
  const auto held = a.Take(go_on);
  ASSERT_TRUE(held.ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(again.Take(go_on, MonotonicNow()).status()));
  const auto of_b = b.Take(go_on, MonotonicNow());
  EXPECT_TRUE(of_b.ok()) << of_b.status();
  EXPECT_TRUE(machine.Take(go_on, MonotonicNow()).ok());
}

TEST_F(Slots, SayForWhomARunWaited) {
  const ComputeSlots a = Open(1, "a");
  const ComputeSlots b = Open(1, "b");
  const auto held = a.Take(go_on);
  EXPECT_EQ(b.shortage().held_by, "");
  EXPECT_FALSE(b.Take(go_on, MonotonicNow() + 50 * kNanosPerMilli).ok());
  EXPECT_GT(b.shortage().waited, 0);
  EXPECT_EQ(b.shortage().held_by, absl::StrCat("run runs/a (pid ", getpid(), ")"));
}

TEST_F(Slots, ARunThatWaitsForItselfWaitsForNobody) {
  const ComputeSlots a = Open(1, "a");
  const auto held = a.Take(go_on);
  EXPECT_FALSE(a.Take(go_on, MonotonicNow() + 50 * kNanosPerMilli).ok());
  EXPECT_EQ(a.shortage().waited, 0);
}

// ---- where there is no place for them ----

TEST_F(Slots, AreFoundInTheNextFolderIfThereIsNoneInTheFirst) {
  const std::vector<std::string> folders = {"/nonexistent/x", "/dev/null/x", folder};
  const ComputeSlots slots = ComputeSlots::OpenIn(folders, {.count = 1, .run_id = "a"});
  EXPECT_THAT(slots.warning(), HasSubstr("/nonexistent"));
  EXPECT_THAT(slots.warning(), HasSubstr("/dev/null"));
  EXPECT_THAT(slots.warning(), HasSubstr(absl::StrCat("uses ", folder)));
  const auto held = slots.Take(go_on);
  EXPECT_FALSE(Open(1, "b").Take(go_on, MonotonicNow()).ok());
}

TEST_F(Slots, AreDoneWithoutWhereNoFolderCanHoldThem) {
  const ComputeSlots slots =
      ComputeSlots::OpenIn(std::vector<std::string>{"/dev/null/x"}, {.count = 1});
  EXPECT_THAT(slots.warning(), HasSubstr("continues without slots"));
  const auto held = slots.Take(go_on);
  EXPECT_TRUE(held.ok());
  EXPECT_TRUE(slots.Take(go_on, MonotonicNow()).ok());
  EXPECT_EQ(slots.shortage().waited, 0);
}

TEST_F(Slots, AreNotKeptInAFolderOfSomebodyElse) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give folders away";
  std::filesystem::create_directories(folder);
  ASSERT_EQ(chown(folder.c_str(), 12345, 12345), 0);
  EXPECT_THAT(Open(1).warning(), HasSubstr("12345"));
  // Nor in one that lies in theirs, like a runtime folder that su and sudo -E hand on.
  EXPECT_THAT(ComputeSlots::OpenIn(std::vector<std::string>{folder + "/slots"}, {}).warning(),
              HasSubstr("12345"));
  EXPECT_FALSE(std::filesystem::exists(folder + "/slots"));
}

TEST_F(Slots, AreNotKeptBehindALink) {
  std::filesystem::create_directories(folder + "-elsewhere");
  std::filesystem::create_symlink(folder + "-elsewhere", folder);
  EXPECT_THAT(Open(1).warning(), HasSubstr(folder));
}

TEST_F(Slots, SurviveThatTheirFolderIsTidiedAway) {
  const ComputeSlots slots = Open(1);
  std::filesystem::remove_all(folder);
  EXPECT_TRUE(GetsOne(slots));
  std::filesystem::remove_all(folder);
  std::ofstream(folder) << "in the way";
  EXPECT_TRUE(GetsOne(slots));
}

TEST_F(Slots, SurviveABoardOfRubbish) {
  { Open(2); }
  const auto size = std::filesystem::file_size(folder + "/board");
  std::ofstream(folder + "/board") << std::string(size, '\xff');
  const ComputeSlots slots = Open(2);
  EXPECT_TRUE(GetsOne(slots));
  EXPECT_TRUE(GetsOne(Open(2, "b")));
}

TEST_F(Slots, AreTakenFromTheRuntimeFolder) {
  const char* const before = std::getenv("XDG_RUNTIME_DIR");
  const std::string kept = before == nullptr ? "" : before;
  std::filesystem::create_directories(folder);
  setenv("XDG_RUNTIME_DIR", folder.c_str(), 1);
  EXPECT_EQ(ComputeSlots::Open({}).warning(), "");
  EXPECT_TRUE(std::filesystem::exists(folder + "/fedround-slots/board"));
  setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
  EXPECT_THAT(ComputeSlots::Open({}).warning(), HasSubstr("/nonexistent"));
  setenv("XDG_RUNTIME_DIR", kept.c_str(), 1);
}

}  // namespace
}  // namespace fedround
