#include "common/base/compute_slot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

namespace fedround {
namespace {

TEST(ComputeSlots, NeverMoreHoldersThanSlots) {
  // Slots of its own, so that other programs of this user do not take part.
  const std::string folder = ::testing::TempDir() + "/slots";
  std::filesystem::create_directories(folder);
  setenv("XDG_RUNTIME_DIR", folder.c_str(), 1);
  const auto slots = ComputeSlots::Open(3, /*pin=*/false);
  ASSERT_TRUE(slots.ok()) << slots.status();
  const std::atomic<bool> stop{false};
  std::atomic<int> holders{0};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        const auto slot = slots->Take(stop);
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

TEST(ComputeSlots, AWaiterGivesUpAtItsDeadlineOrWhenStopped) {
  const std::string folder = ::testing::TempDir() + "/slots_given_up";
  std::filesystem::create_directories(folder);
  setenv("XDG_RUNTIME_DIR", folder.c_str(), 1);
  const auto slots = ComputeSlots::Open(1, /*pin=*/false);
  ASSERT_TRUE(slots.ok()) << slots.status();
  const std::atomic<bool> go_on{false};
  const auto held = slots->Take(go_on);
  ASSERT_TRUE(held.ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(slots->Take(go_on, MonotonicNow()).status()));
  const std::atomic<bool> stop{true};
  EXPECT_TRUE(absl::IsCancelled(slots->Take(stop).status()));
}

}  // namespace
}  // namespace fedround
