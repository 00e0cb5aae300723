#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/common/ledger/ledger_test_support.h"

namespace fedround::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The folder of a finished run of `rounds` rounds, the second without any update.
std::string FinishedRun(std::uint32_t rounds) {
  const std::string folder = TestFolder();
  auto recorder = RunRecorder::Create(folder).value();
  for (std::uint32_t round = 1; round <= rounds; ++round) {
    RoundRecord record = SampleRound(round);
    if (round == 2) record.folded.clear();
    EXPECT_TRUE(recorder->CommitRound(record).ok());
  }
  EXPECT_TRUE(recorder->Finish({RunOutcome::kDone, "", 0}).ok());
  return folder;
}

TEST(ReadFoldedSets, GivesTheIdsOfEachRound) {
  const auto sets = ReadFoldedSets(FinishedRun(3));
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_THAT(*sets, ElementsAre(ElementsAre(3, 5), IsEmpty(), ElementsAre(3, 5)));
}

TEST(ReadFoldedSets, OfARunWithoutRoundsIsEmpty) {
  const auto sets = ReadFoldedSets(FinishedRun(0));
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_THAT(*sets, IsEmpty());
}

TEST(ReadFoldedSets, WithoutLedgerIsNotFound) {
  EXPECT_EQ(ReadFoldedSets(TestFolder()).status().code(), absl::StatusCode::kNotFound);
}

TEST(ReadFoldedSets, ReadsARunThatIsStillGoingOn) {
  const std::string folder = TestFolder();
  const auto recorder = RunRecorder::Create(folder).value();
  ASSERT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
  const auto sets = ReadFoldedSets(folder);
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_THAT(*sets, ElementsAre(ElementsAre(3, 5)));
}

TEST(ReadFoldedSets, AFileThatIsNoDatabaseIsDataLoss) {
  const std::string folder = TestFolder();
  ASSERT_TRUE(WriteFileAtomically(folder + "/ledger.sqlite", std::string(8192, 'x')).ok());
  const absl::Status status = ReadFoldedSets(folder).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr(folder + "/ledger.sqlite"));
}

struct Tampering {
  const char* sql;
  const char* message;
};

class TamperedLedger : public ::testing::TestWithParam<Tampering> {};

TEST_P(TamperedLedger, IsDataLossThatSaysWhy) {
  const std::string folder = FinishedRun(3);
  ASSERT_TRUE(Database::Create(folder + "/ledger.sqlite", GetParam().sql).ok());
  const absl::Status status = ReadFoldedSets(folder).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, TamperedLedger,
    ::testing::Values(
        Tampering{"PRAGMA user_version = 1", "schema version 1"},
        Tampering{"DELETE FROM rounds WHERE round = 2", "round 2 is missing"},
        Tampering{"UPDATE rounds SET round = 0 WHERE round = 1", "round 1 is missing"},
        Tampering{"DELETE FROM answers WHERE round = 3 AND client = 5", "round 3 folded 2"},
        Tampering{"INSERT INTO answers VALUES (2, 9, 0, 'train', 1, 0, 0, 0, 0, 0, 1)",
                  "round 2 folded 0"},
        Tampering{"INSERT INTO answers VALUES (4, 9, 0, 'train', 1, 0, 0, 0, 0, 0, 1)",
                  "folded in round 4"},
        Tampering{"UPDATE answers SET client = -1 WHERE client = 3", "integer >= 0"},
        Tampering{"DROP TABLE answers", "no such table"},
        Tampering{"DROP TABLE answers; CREATE TABLE answers (round, client, task);"
                  "INSERT INTO answers VALUES (1, 'x', 'train'), (1, 'y', 'train')",
                  "integer >= 0"},
        Tampering{"DROP TABLE answers; CREATE TABLE answers (round, client, task);"
                  "INSERT INTO answers VALUES (1, 3, 'train'), (1, 3, 'train'), (3, 3, 'train'), "
                  "(3, 5, 'train')",
                  "client 3 occurs twice in round 1"},
        Tampering{"ALTER TABLE answers RENAME TO real;"
                  "CREATE VIEW answers AS SELECT * FROM real",
                  "view"}));

TEST(ReadFoldedSets, AMutatedFileGivesSetsOrDataLoss) {
  const std::string folder = FinishedRun(3);
  const std::string path = folder + "/ledger.sqlite";
  const std::string original = ReadFile(path).value();
  Rng rng(1, RngPurpose::kSyntheticData);
  for (int trial = 0; trial < 1000; ++trial) {
    // Where it hurts: the file's first page (header and schema) or anywhere.
    const std::size_t split = trial % 2 == 0 ? 4096 : original.size();
    ASSERT_TRUE(
        WriteFileAtomically(path, Mutated(original.substr(0, split), rng) + original.substr(split))
            .ok());
    const absl::StatusCode code = ReadFoldedSets(folder).status().code();
    EXPECT_TRUE(code == absl::StatusCode::kOk || code == absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace fedround::ledger
