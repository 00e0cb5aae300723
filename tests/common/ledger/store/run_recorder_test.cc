#include "common/ledger/store/run_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "tests/common/ledger/ledger_test_support.h"

namespace fedround::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Verdict kDone{RunOutcome::kDone, "2 rounds", 0};

std::unique_ptr<RunRecorder> CreateIn(const std::string& folder) {
  auto recorder = RunRecorder::Create(folder);
  EXPECT_TRUE(recorder.ok()) << recorder.status();
  return *std::move(recorder);
}

// While it lives, no file of this process grows beyond `bytes`.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST(RunRecorder, WithoutFolderAcceptsEverything) {
  const auto recorder = CreateIn("");
  recorder->Add(SampleTask(1, 3, 1));
  EXPECT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
  EXPECT_TRUE(recorder->Finish(kDone).ok());
}

TEST(RunRecorder, RefusesAFolderThatHoldsALedger) {
  const std::string folder = TestFolder();
  CreateIn(folder);
  EXPECT_EQ(RunRecorder::Create(folder).status().code(), absl::StatusCode::kAlreadyExists);
}

TEST(RunRecorder, WritesThroughNoLink) {
  const std::string folder = TestFolder();
  std::filesystem::create_symlink(folder + "/elsewhere", folder + "/ledger.sqlite");
  EXPECT_EQ(RunRecorder::Create(folder).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_FALSE(FileExists(folder + "/elsewhere"));
}

TEST(RunRecorder, WhereNothingCanBeWrittenNamesThePath) {
  EXPECT_THAT(RunRecorder::Create("/proc/self").status().message(),
              HasSubstr("/proc/self/ledger.sqlite"));
}

TEST(RunRecorder, ALedgerThatCannotBeCreatedLeavesNoFile) {
  const std::string folder = TestFolder();
  {
    const FileSizeLimit limit(5000);
    EXPECT_FALSE(RunRecorder::Create(folder).ok());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST(RunRecorder, WritesARoundAsItWasGiven) {
  const std::string folder = TestFolder();
  const auto recorder = CreateIn(folder);
  ASSERT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
  EXPECT_THAT(Query(folder, "SELECT * FROM rounds"),
              ElementsAre("1,4,2,1,150,0123456789abcdef,fedcba9876543210,0.3,77,1000000000,"
                          "2000000000,4000000000,8000000000,16000000000,32000000000,"
                          "31,32,33,34,35,36,500000000,41,42,43,44,45,11,12,13,14,1015,1016,17,0"));
  EXPECT_THAT(Query(folder, "SELECT * FROM steps"), ElementsAre("1,0,train,91,92,93"));
}

TEST(RunRecorder, WritesAnswersAndTheirMetrics) {
  const std::string folder = TestFolder();
  const auto recorder = CreateIn(folder);
  ASSERT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
  EXPECT_THAT(
      Query(folder, "SELECT * FROM answers"),
      ElementsAre("1,3,0,train,100,101,102,103,104,105,0", "1,5,0,train,50,101,102,103,104,105,0"));
  EXPECT_THAT(Query(folder, "SELECT * FROM metrics"),
              ElementsAre("1,3,train_loss,0.1", "1,5,steps,5", "1,5,train_loss,0.7"));
}

TEST(RunRecorder, WritesTheHealthOfModelAndClients) {
  const std::string folder = TestFolder();
  const auto recorder = CreateIn(folder);
  EvaluationRecord test{0, ExamplesOf::kTest, 10000, 2.5, 0.125, 6, 7, 8};
  test.health = {{"activation1", "zeros", 0.5}, {"hidden1.weight", "l2_norm", std::nan("")}};
  recorder->Add(test);
  ASSERT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
  EXPECT_THAT(Query(folder, "SELECT * FROM health"),
              ElementsAre("0,,activation1,zeros,0.5", "0,,hidden1.weight,l2_norm,",
                          "1,5,activation1,dead,0.25", "1,5,update,zeros_by_input,0.5"));
}

TEST(RunRecorder, AReaderBesideItSeesWhatIsCommittedAndNothingElse) {
  const std::string folder = TestFolder();
  const auto recorder = CreateIn(folder);
  ASSERT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
  recorder->Add(FailureRecord{2, 7, FailureKind::kLate, "by 3 s", 5});
  EXPECT_THAT(Query(folder, "SELECT round FROM rounds"), ElementsAre("1"));
  EXPECT_THAT(Query(folder, "SELECT * FROM failures"), IsEmpty());
}

TEST(RunRecorder, WritesWhatWasAddedWithTheNextCommit) {
  const std::string folder = TestFolder();
  const auto recorder = CreateIn(folder);
  recorder->Add(ClientRecord{3, "host", 42, 600, 7});
  recorder->Add(EvaluationRecord{0, ExamplesOf::kTest, 10000, 2.5, 0.125, 6, 7, 8});
  recorder->Add(FailureRecord{1, 7, FailureKind::kLate, "by 3 s", 5});
  recorder->Add(SampleTask(1, 3, 1));
  ASSERT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
  EXPECT_THAT(Query(folder, "SELECT * FROM clients"), ElementsAre("3,host,42,600,7,"));
  EXPECT_THAT(Query(folder, "SELECT * FROM evaluations"),
              ElementsAre("0,test,10000,2.5,0.125,6,7,8"));
  EXPECT_THAT(Query(folder, "SELECT * FROM failures"), ElementsAre("1,7,late,by 3 s,5"));
  EXPECT_THAT(Query(folder, "SELECT * FROM tasks"),
              ElementsAre("1,3,0,train,61,572,1,2,4,8,16,32,64,128,256,71,72,73,74,75,76,77,78,79,"
                          "81,82,83,84,85,86,87,60,8,9,364,-5,6,21,22,23,24,25"));
}

TEST(RunRecorder, WritesWhatWasAddedOnce) {
  const std::string folder = TestFolder();
  const auto recorder = CreateIn(folder);
  recorder->Add(FailureRecord{1, 7, FailureKind::kLate, "by 3 s", 5});
  ASSERT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
  ASSERT_TRUE(recorder->CommitRound(SampleRound(2)).ok());
  EXPECT_THAT(Query(folder, "SELECT round FROM failures"), ElementsAre("1"));
}

TEST(RunRecorder, OfTwoReportsOnATaskTheFirstCounts) {
  const std::string folder = TestFolder();
  const auto recorder = CreateIn(folder);
  recorder->Add(SampleTask(1, 3, 1));
  recorder->Add(SampleTask(1, 3, 1000));
  ASSERT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
  EXPECT_THAT(Query(folder, "SELECT wait_instruction_ns FROM tasks"), ElementsAre("1"));
}

TEST(RunRecorder, AClientThatJoinsAgainIsRecordedAsItJoinedLast) {
  const std::string folder = TestFolder();
  const auto recorder = CreateIn(folder);
  recorder->Add(ClientRecord{3, "before", 42, 600});
  ASSERT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
  recorder->Add(ClientRecord{3, "after", 43, 600});
  ASSERT_TRUE(recorder->CommitRound(SampleRound(2)).ok());
  EXPECT_THAT(Query(folder, "SELECT host, pid FROM clients"), ElementsAre("after,43"));
}

TEST(RunRecorder, ACommitThatFailsLeavesTheLedgerAsItWas) {
  const std::string folder = TestFolder();
  const auto recorder = CreateIn(folder);
  ASSERT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
  recorder->Add(FailureRecord{2, 7, FailureKind::kLate, "by 3 s", 5});
  RoundRecord twice = SampleRound(2);
  twice.folded.push_back(twice.folded[0]);  // a client cannot be folded twice
  EXPECT_EQ(recorder->CommitRound(twice).code(), absl::StatusCode::kUnknown);
  EXPECT_THAT(Query(folder, "SELECT round FROM rounds"), ElementsAre("1"));
  EXPECT_THAT(
      Query(folder, "SELECT * FROM answers"),
      ElementsAre("1,3,0,train,100,101,102,103,104,105,0", "1,5,0,train,50,101,102,103,104,105,0"));
  EXPECT_THAT(Query(folder, "SELECT * FROM failures"), IsEmpty());
}

TEST(RunRecorder, WhatWasAddedBeforeACommitThatFailsComesWithTheNext) {
  const std::string folder = TestFolder();
  const auto recorder = CreateIn(folder);
  ASSERT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
  recorder->Add(FailureRecord{2, 7, FailureKind::kLate, "by 3 s", 5});
  EXPECT_FALSE(recorder->CommitRound(SampleRound(1)).ok());
  EXPECT_TRUE(recorder->CommitRound(SampleRound(2)).ok());
  EXPECT_THAT(Query(folder, "SELECT round FROM failures"), ElementsAre("2"));
}

TEST(RunRecorder, AFileThatCannotGrowFailsTheCommitAndNoMore) {
  const std::string folder = TestFolder();
  const auto recorder = CreateIn(folder);
  ASSERT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
  RoundRecord large = SampleRound(2);
  for (ClientId client = 10; client < 20000; ++client) large.folded.push_back({2, client});
  {
    const FileSizeLimit limit(150'000);
    EXPECT_THAT(recorder->CommitRound(large).message(), HasSubstr("ledger.sqlite"));
  }
  EXPECT_THAT(Query(folder, "SELECT round FROM rounds"), ElementsAre("1"));
  EXPECT_TRUE(recorder->CommitRound(large).ok());
}

TEST(RunRecorder, FinishWritesWhatIsPendingAndTheVerdict) {
  const std::string folder = TestFolder();
  const auto recorder = CreateIn(folder);
  recorder->Add(EvaluationRecord{1, ExamplesOf::kTest, 10000, 2.5, 0.125, 7, 8});
  ASSERT_TRUE(recorder->Finish({RunOutcome::kStopped, "by SIGTERM", 143}).ok());
  EXPECT_THAT(Query(folder, "SELECT round FROM evaluations"), ElementsAre("1"));
  EXPECT_THAT(Query(folder, "SELECT * FROM verdict"), ElementsAre("stopped,by SIGTERM,143"));
}

TEST(RunRecorder, AFinishedLedgerIsOneFile) {
  const std::string folder = TestFolder();
  auto recorder = CreateIn(folder);
  ASSERT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
  ASSERT_TRUE(recorder->Finish(kDone).ok());
  recorder.reset();
  EXPECT_THAT(Query(folder, "PRAGMA journal_mode"), ElementsAre("delete"));
  EXPECT_FALSE(FileExists(folder + "/ledger.sqlite-wal"));
}

TEST(RunRecorder, FinishNamesACsvFileThatItCannotWrite) {
  const std::string folder = TestFolder();
  ASSERT_TRUE(MakeFolders(folder + "/rounds.csv").ok());
  const auto recorder = CreateIn(folder);
  EXPECT_THAT(recorder->Finish(kDone).message(), HasSubstr(folder + "/rounds.csv"));
}

}  // namespace
}  // namespace fedround::ledger
