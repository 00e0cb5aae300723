#include "common/base/compute_slot.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace fedround {
namespace {

// Slots of its own, so that other programs of this user do not take part.
class Slots : public ::testing::Test {
 protected:
  Slots() {
    const std::string folder = ::testing::TempDir() + "/slots_" +
                               ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder);
    setenv("XDG_RUNTIME_DIR", folder.c_str(), 1);
  }
  static ComputeSlots Open(int count) { return ComputeSlots::Open(count, /*pin=*/false).value(); }

  const std::atomic<bool> go_on{false};
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

TEST_F(Slots, EveryWaiterOfManyGetsOne) {
  const ComputeSlots slots = Open(2);
  std::optional<ComputeSlots::Slot> first = slots.Take(go_on).value();
  std::optional<ComputeSlots::Slot> second = slots.Take(go_on).value();
  std::atomic<int> served{0};
  std::vector<std::thread> waiters;
  for (int i = 0; i < 40; ++i) {
    waiters.emplace_back([&] { served += slots.Take(go_on).ok(); });
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

// A process that takes a slot, says so and never gives it back.
pid_t StartHolder(const ComputeSlots& slots, const std::atomic<bool>& go_on) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const Fd out(ends[0]), in(ends[1]);
  const pid_t holder = fork();
  if (holder == 0) {
    const auto slot = slots.Take(go_on);
    if (!slot.ok() || write(in.get(), "", 1) != 1) _exit(1);
    while (true) pause();
  }
  char byte = 0;
  EXPECT_EQ(read(out.get(), &byte, 1), 1);
  return holder;
}

TEST_F(Slots, TheSlotOfAKilledHolderIsTakenThoughItRangNoBell) {
  const ComputeSlots slots = Open(1);
  const pid_t holder = StartHolder(slots, go_on);
  EXPECT_TRUE(absl::IsDeadlineExceeded(slots.Take(go_on, MonotonicNow()).status()));
  std::thread waiter([&] {
    const auto slot = slots.Take(go_on, MonotonicNow() + 60 * kNanosPerSecond);
    EXPECT_TRUE(slot.ok()) << slot.status();
  });
  kill(holder, SIGKILL);
  waitpid(holder, nullptr, 0);
  waiter.join();
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

}  // namespace
}  // namespace fedround
