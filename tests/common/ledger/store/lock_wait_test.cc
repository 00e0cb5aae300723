#include "common/ledger/store/lock_wait.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/ledger/ledger_test_support.h"

namespace fedround::ledger {
namespace {

using ::testing::HasSubstr;

std::string LogOf(LockWait& wait, Nanos waited) {
  ::testing::internal::CaptureStderr();
  EXPECT_TRUE(wait.GoOn(waited));
  return ::testing::internal::GetCapturedStderr();
}

TEST(LockWait, SaysOnceWhatItWaitsForAndWhatToDo) {
  LockWait wait("run/ledger.sqlite");
  EXPECT_EQ(LogOf(wait, kNanosPerSecond), "");
  EXPECT_THAT(
      LogOf(wait, 3 * kNanosPerSecond),
      HasSubstr(
          "run/ledger.sqlite: another program holds its lock; waiting for up to 600 "
          "s. Close the program that has the file open; `fuser -v run/ledger.sqlite` names it"));
  EXPECT_EQ(LogOf(wait, 60 * kNanosPerSecond), "");
}

TEST(LockWait, GivesUpAfterMinutes) {
  LockWait wait("run/ledger.sqlite");
  EXPECT_TRUE(wait.GoOn(599 * kNanosPerSecond));
  EXPECT_FALSE(wait.GoOn(600 * kNanosPerSecond));
}

TEST(LockWait, OfAProgramThatIsToEndGivesUpAfterASecond) {
  LockWait wait("run/ledger.sqlite");
  wait.Hurry();
  EXPECT_TRUE(wait.GoOn(kNanosPerSecond - 1));
  EXPECT_FALSE(wait.GoOn(kNanosPerSecond));
}

TEST(LockWait, ALockThatIsKeptFailsTheCommitAndNoMore) {
  const std::string folder = TestFolder();
  auto recorder = RunRecorder::Create(folder).value();
  Database other = Database::Create(folder + "/ledger.sqlite", "").value();
  ASSERT_TRUE(other.Execute("BEGIN IMMEDIATE").ok());
  recorder->StopWaiting();
  const absl::Status status = recorder->CommitRound(SampleRound(1));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("/ledger.sqlite: another program holds its lock. Close"));
  ASSERT_TRUE(other.Execute("COMMIT").ok());
  EXPECT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
}

}  // namespace
}  // namespace fedround::ledger
