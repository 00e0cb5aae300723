#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "common/ledger/modelled_time.h"
#include "tests/common/ledger/ledger_test_support.h"

namespace fedround::ledger {
namespace {

using ::testing::SizeIs;

using Csv = std::vector<std::map<std::string, std::string>>;

struct Run {
  Csv rounds;
  Csv clients;
};

// A run of two rounds: all reports of round 1 came late, with round 2's commit; round 2 was not
// scored.
Run ExportedRun() {
  const std::string folder = TestFolder();
  auto recorder = RunRecorder::Create(folder).value();
  EXPECT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
  recorder->AddEvaluation({0, "test", 10000, 2.5, 0.125, 1, 1});
  recorder->AddEvaluation({1, "test", 10000, 0.5, 0.75, 250'000'000, 1});
  recorder->AddEvaluation({1, "validation", 600, 0.6, 0.7, 500'000'000, 1});
  recorder->AddEvaluation({1, "clients", 150, 0.4, 0.8, 0, 0});
  recorder->AddCost(SampleCost(1, 5, 20'000'000));
  recorder->AddCost(SampleCost(1, 3, 10'000'000));
  recorder->AddCost(SampleCost(1, 7, 90'000'000));  // late: not folded
  TaskCost evaluate = SampleCost(1, 3, 80'000'000);
  evaluate.task = TaskKind::kEvaluate;
  recorder->AddCost(evaluate);
  RoundRecord second = SampleRound(2);
  second.train_loss = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(recorder->CommitRound(second).ok());
  EXPECT_TRUE(recorder->Finish({"done", "", 0}).ok());
  return {ReadCsv(folder + "/rounds.csv"), ReadCsv(folder + "/clients.csv")};
}

TEST(RoundsCsv, HasOneLineACommittedRound) {
  const Csv rounds = ExportedRun().rounds;
  ASSERT_THAT(rounds, SizeIs(2));
  EXPECT_EQ(rounds[0].at("round"), "1");
  EXPECT_EQ(rounds[1].at("round"), "2");
}

TEST(RoundsCsv, PutsEachScoreInItsColumns) {
  const auto row = ExportedRun().rounds.at(0);
  EXPECT_EQ(row.at("accuracy"), "0.75");
  EXPECT_EQ(row.at("loss"), "0.5");
  EXPECT_EQ(row.at("validation_accuracy"), "0.7");
  EXPECT_EQ(row.at("validation_loss"), "0.6");
  EXPECT_EQ(row.at("clients_accuracy"), "0.8");
  EXPECT_EQ(row.at("clients_loss"), "0.4");
  EXPECT_EQ(row.at("evaluate_s"), "0.75");
}

TEST(RoundsCsv, LeavesEmptyWhatWasNotScoredOrIsNotFinite) {
  const auto row = ExportedRun().rounds.at(1);
  EXPECT_EQ(row.at("accuracy"), "");
  EXPECT_EQ(row.at("evaluate_s"), "");
  EXPECT_EQ(row.at("train_loss"), "");
}

TEST(RoundsCsv, WallTimeIsTheSumOfItsPhases) {
  const auto row = ExportedRun().rounds.at(0);
  EXPECT_EQ(row.at("select_s"), "1");
  EXPECT_EQ(row.at("broadcast_s"), "2");
  EXPECT_EQ(row.at("collect_s"), "3");
  EXPECT_EQ(row.at("commit_s"), "4");
  EXPECT_EQ(row.at("fold_s"), "0.5");
  EXPECT_EQ(row.at("wall_s"), "10");
}

TEST(RoundsCsv, ModelledTimeIsThatOfTheEvents) {
  const std::vector<TaskCost> costs = {SampleCost(1, 5, 20'000'000), SampleCost(1, 3, 10'000'000)};
  const Nanos modelled = ModelledTime(SampleRound(1), costs);
  EXPECT_EQ(std::stod(ExportedRun().rounds.at(0).at("modelled_s")), Seconds(modelled));
}

TEST(RoundsCsv, ModelledTimeWithoutReportsIsTheServersPhases) {
  EXPECT_EQ(ExportedRun().rounds.at(1).at("modelled_s"), "7");
}

TEST(RoundsCsv, CountsClientsBytesAndWeights) {
  const auto row = ExportedRun().rounds.at(0);
  EXPECT_EQ(row.at("cohort"), "4");
  EXPECT_EQ(row.at("folded"), "2");
  EXPECT_EQ(row.at("dropped"), "1");
  EXPECT_EQ(row.at("payload_bytes_down"), "11");
  EXPECT_EQ(row.at("payload_bytes_up"), "12");
  EXPECT_EQ(row.at("message_bytes_down"), "13");
  EXPECT_EQ(row.at("message_bytes_up"), "14");
  EXPECT_EQ(row.at("total_weight"), "150");
  EXPECT_EQ(row.at("model"), "fedcba9876543210");
}

TEST(ClientsCsv, HasOneLineATaskInOrderOfRoundAndClient) {
  const Csv clients = ExportedRun().clients;
  ASSERT_THAT(clients, SizeIs(4));
  std::string order;
  for (const auto& row : clients) order += row.at("client") + row.at("task") + " ";
  EXPECT_EQ(order, "3evaluate 3train 5train 7train ");
}

TEST(ClientsCsv, GivesPhasesInSecondsAndBytes) {
  const auto row = ExportedRun().clients.at(1);
  EXPECT_EQ(row.at("download_s"), "0.01");
  EXPECT_EQ(row.at("decode_s"), "0.02");
  EXPECT_EQ(row.at("wait_slot_s"), "0.04");
  EXPECT_EQ(row.at("train_s"), "0.08");
  EXPECT_EQ(row.at("encode_s"), "0.16");
  EXPECT_EQ(row.at("wait_credit_s"), "0.32");
  EXPECT_EQ(row.at("upload_s"), "0.64");
  EXPECT_EQ(row.at("train_cpu_s"), "0.06");
  EXPECT_EQ(row.at("payload_bytes_down"), "21");
  EXPECT_EQ(row.at("payload_bytes_up"), "22");
  EXPECT_EQ(row.at("message_bytes_down"), "23");
  EXPECT_EQ(row.at("message_bytes_up"), "24");
}

TEST(ClientsCsv, AFoldedTrainTaskHasItsWeightAndLoss) {
  const auto row = ExportedRun().clients.at(1);
  EXPECT_EQ(row.at("folded"), "1");
  EXPECT_EQ(row.at("weight"), "100");
  EXPECT_EQ(row.at("train_loss"), "0.1");
}

TEST(ClientsCsv, ATaskThatIsNotInTheModelHasNeither) {
  const Csv clients = ExportedRun().clients;
  for (const std::size_t i : {std::size_t{0}, std::size_t{3}}) {  // an evaluation, a late update
    EXPECT_EQ(clients.at(i).at("folded"), "0");
    EXPECT_EQ(clients.at(i).at("weight"), "");
    EXPECT_EQ(clients.at(i).at("train_loss"), "");
  }
}

}  // namespace
}  // namespace fedround::ledger
