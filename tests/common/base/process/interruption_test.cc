#include "common/base/process/interruption.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/io/file.h"

namespace fedround {
namespace {

// ---- the signal ----

TEST(Interruption, InterruptsABlockingReadAgainAndAgain) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const Fd out(ends[0]), in(ends[1]);
  const auto interruption = Interruption::Every(2 * kNanosPerMilli);
  ASSERT_TRUE(interruption.ok()) << interruption.status();
  for (int i = 0; i < 3; ++i) {
    char byte = 0;
    EXPECT_EQ(read(out.get(), &byte, 1), -1);
    EXPECT_EQ(errno, EINTR);
  }
}

TEST(Interruption, OnlyTheThreadThatAskedForIt) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const Fd out(ends[0]), in(ends[1]);
  // A signal to the process as a whole would go to its first thread, which is this one.
  std::thread asker([&in] {
    const auto interruption = Interruption::Every(kNanosPerMilli);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(poll(nullptr, 0, /*milliseconds=*/1000), -1);
    EXPECT_EQ(write(in.get(), "", 1), 1);
  });
  char byte = 0;
  EXPECT_EQ(read(out.get(), &byte, 1), 1);
  asker.join();
}

TEST(Interruption, EndsWithItsLife) {
  {
    auto interruption = Interruption::Every(kNanosPerMilli);
    ASSERT_TRUE(interruption.ok());
    const Interruption moved = *std::move(interruption);
    EXPECT_EQ(poll(nullptr, 0, -1), -1);
  }
  EXPECT_EQ(poll(nullptr, 0, 20), 0);
}

// ---- the lock that is given up by it ----

class PatientLock : public ::testing::Test {
 protected:
  const std::string path =
      ::testing::TempDir() + "/" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(PatientLock, IsGivenUpWhenTold) {
  const auto held = FileLock::Acquire(path);
  ASSERT_TRUE(held.ok()) << held.status();
  int asked = 0;
  const auto lock = FileLock::AcquireUnless(
      path, [&asked] { return ++asked < 3 ? absl::OkStatus() : absl::CancelledError("enough"); });
  EXPECT_TRUE(absl::IsCancelled(lock.status())) << lock.status();
  EXPECT_EQ(asked, 3);
}

TEST_F(PatientLock, IsNotTakenByWhoHasGivenUpAlready) {
  const auto lock = FileLock::AcquireUnless(path, [] { return absl::CancelledError("stopped"); });
  EXPECT_TRUE(absl::IsCancelled(lock.status())) << lock.status();
  EXPECT_TRUE(FileLock::TryAcquire(path).ok());
}

// Takes the lock, sees that nobody else has it, and gives it back.
void WaitForLock(const std::string& path, std::atomic<int>& waiting, std::atomic<int>& holders) {
  int asked = 0;
  const auto lock = FileLock::AcquireUnless(path, [&] {
    if (++asked == 2) ++waiting;  // the first question comes before the wait
    return absl::OkStatus();
  });
  EXPECT_TRUE(lock.ok()) << lock.status();
  EXPECT_EQ(++holders, 1);
  std::this_thread::yield();
  --holders;
}

TEST_F(PatientLock, GoesToBothWaitersOneAfterTheOther) {
  std::optional<FileLock> held = FileLock::Acquire(path).value();
  std::atomic<int> waiting{0};
  std::atomic<int> holders{0};
  std::vector<std::thread> waiters;
  for (int i = 0; i < 2; ++i) {
    waiters.emplace_back([&] { WaitForLock(path, waiting, holders); });
  }
  while (waiting < 2) std::this_thread::yield();
  held.reset();
  for (std::thread& waiter : waiters) waiter.join();
  EXPECT_TRUE(FileLock::TryAcquire(path).ok());
}

}  // namespace
}  // namespace fedround
