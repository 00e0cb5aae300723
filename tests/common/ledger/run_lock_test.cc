#include "common/ledger/run_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <optional>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace fedround::ledger {
namespace {

using ::testing::HasSubstr;

std::string NewFolder() {
  std::string pattern = ::testing::TempDir() + "/lock.XXXXXX";
  return mkdtemp(pattern.data());
}

TEST(RunLock, NamesWhoHoldsIt) {
  const std::string folder = NewFolder() + "/runs/q";
  const auto first = RunLock::Take(folder);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = RunLock::Take(folder);
  EXPECT_TRUE(absl::IsAlreadyExists(second.status()));
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr(absl::StrCat(folder, " is in use by process ", getpid(), " on ")));
}

TEST(RunLock, GoesWithItsHolder) {
  const std::string folder = NewFolder();
  { ASSERT_TRUE(RunLock::Take(folder).ok()); }
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  EXPECT_TRUE(RunLock::Take(folder).ok());
}

TEST(RunLock, TakesWhatAKilledProcessLeftBehind) {
  const std::string folder = NewFolder();
  ASSERT_TRUE(WriteFileAtomically(folder + "/lock", "process 1 on elsewhere, and much more").ok());
  const auto lock = RunLock::Take(folder);
  ASSERT_TRUE(lock.ok()) << lock.status();
  EXPECT_THAT(ReadFile(folder + "/lock").value(), HasSubstr(absl::StrCat(getpid())));
  EXPECT_THAT(ReadFile(folder + "/lock").value(), ::testing::Not(HasSubstr("more")));
}

TEST(RunLock, IsHeldByWhoeverInheritsIt) {
  const std::string folder = NewFolder();
  std::optional<RunLock> lock = *RunLock::Take(folder);
  const Fd inherited(dup(lock->fd()));
  std::filesystem::rename(folder + "/lock", folder + "/kept");  // as if its taker had been killed
  lock.reset();
  std::filesystem::rename(folder + "/kept", folder + "/lock");
  EXPECT_TRUE(absl::IsAlreadyExists(RunLock::Take(folder).status()));
}

TEST(RunLock, DoesNotFollowALink) {
  const std::string folder = NewFolder();
  std::filesystem::create_symlink("elsewhere", folder + "/lock");
  EXPECT_FALSE(RunLock::Take(folder).ok());
  EXPECT_FALSE(FileExists(folder + "/elsewhere"));
}

// Each holder takes the folder away with the lock, so that the others meet files and folders that
// have just gone.
TEST(RunLock, HasOneHolderAtATime) {
  const std::string folder = NewFolder() + "/run";
  std::atomic<int> holders = 0;
  std::atomic<int> most = 0;
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (taken < 200) {
        auto lock = RunLock::Take(folder);
        if (!lock.ok()) continue;
        most = std::max<int>(most, ++holders);
        ++taken;
        --holders;
        std::optional<RunLock>(*std::move(lock)).reset();
        rmdir(folder.c_str());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most, 1);
}

}  // namespace
}  // namespace fedround::ledger
