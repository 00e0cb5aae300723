#include "common/ledger/csv_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "common/ledger/modelled_time.h"
#include "common/ledger/store/run_reader.h"
#include "tests/common/ledger/ledger_test_support.h"

namespace fedround::ledger {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

using Csv = std::vector<std::map<std::string, std::string>>;

struct Run {
  Csv rounds;
  Csv clients;
  Csv health;
};

// A run of two rounds: all reports of round 1 came late, with round 2's commit; round 2 was not
// scored.
Run ExportedRun() {
  const std::string folder = TestFolder();
  auto recorder = RunRecorder::Create(folder).value();
  EXPECT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
  recorder->Add(EvaluationRecord{0, ExamplesOf::kTest, 10000, 2.5, 0.125, 9, 1, 1});
  recorder->Add(EvaluationRecord{1, ExamplesOf::kTest, 10000, 0.5, 0.75, 9, 250'000'000, 1});
  recorder->Add(EvaluationRecord{1, ExamplesOf::kValidation, 600, 0.6, 0.7, 9, 500'000'000, 1});
  recorder->Add(EvaluationRecord{1, ExamplesOf::kClients, 150, 0.4, 0.8, 0, 0, 0});
  recorder->Add(ClientRecord{.client = 3, .name = "carol \"the\" 1st"});
  recorder->Add(ClientRecord{.client = 5});
  recorder->Add(SampleTask(1, 5, 20'000'000));
  recorder->Add(SampleTask(1, 3, 10'000'000));
  recorder->Add(SampleTask(1, 7, 90'000'000));  // late: not folded
  TaskRow evaluate = SampleTask(1, 3, 80'000'000);
  evaluate.step = 1;
  evaluate.task = TaskKind::kEvaluate;
  recorder->Add(evaluate);
  // Client 3's own connection, a host's control connection, and one that moved nothing up.
  recorder->Add(TrafficRecord{1, 1, 4, 100, 200, 110, 220, 115, 230, 0});
  recorder->Add(TrafficRecord{1, 2, 1, 0, 0, 30, 0, 47, 9, 0});
  recorder->Add(TrafficRecord{2, 1, 1, 50, 0, 55, 8, 60, 20, 0});
  recorder->Add(ConnectionRecord{.connection = 1, .client = 3, .peer = "a"});
  recorder->Add(ConnectionRecord{.connection = 2, .peer = "b"});
  RoundRecord second = SampleRound(2);
  second.train_loss = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(recorder->CommitRound(second).ok());
  EXPECT_TRUE(recorder->Finish({RunOutcome::kDone, "", 0}).ok());
  return {ReadCsv(folder + "/rounds.csv"), ReadCsv(folder + "/clients.csv"),
          ReadCsv(folder + "/health.csv")};
}

TEST(HealthCsv, HasTheRowsOfTheTable) {
  const Csv health = ExportedRun().health;
  ASSERT_THAT(health, SizeIs(4));
  EXPECT_EQ(health[0].at("round"), "1");
  EXPECT_EQ(health[0].at("client"), "5");
  EXPECT_EQ(health[0].at("layer"), "activation1");
  EXPECT_EQ(health[0].at("quantity"), "dead");
  EXPECT_EQ(health[0].at("value"), "0.25");
  EXPECT_EQ(health[2].at("round"), "2");
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
  EXPECT_EQ(row.at("idle_s"), "1");
  EXPECT_EQ(row.at("select_s"), "2");
  EXPECT_EQ(row.at("broadcast_s"), "4");
  EXPECT_EQ(row.at("collect_s"), "8");
  EXPECT_EQ(row.at("wait_evaluation_s"), "16");
  EXPECT_EQ(row.at("commit_s"), "32");
  EXPECT_EQ(row.at("fold_s"), "0.5");
  EXPECT_EQ(row.at("wall_s"), "62");
}

TEST(RoundsCsv, ModelledTimeIsThatOfTheEvents) {
  const std::vector<TaskRow> costs = {SampleTask(1, 5, 20'000'000), SampleTask(1, 3, 10'000'000)};
  const Nanos modelled = ModelledTime(SampleRound(1), costs);
  EXPECT_EQ(std::stod(ExportedRun().rounds.at(0).at("modelled_s")), Seconds(modelled));
}

TEST(RoundsCsv, ModelledTimeWithoutReportsIsTheServersPhases) {
  EXPECT_EQ(ExportedRun().rounds.at(1).at("modelled_s"), "38");
}

TEST(RoundsCsv, OfATimeOutOfTheReadersRangeIsAnError) {
  const std::string folder = TestFolder();
  auto recorder = RunRecorder::Create(folder).value();
  ASSERT_TRUE(recorder->CommitRound(SampleRound(1)).ok());
  ASSERT_TRUE(recorder->Finish({RunOutcome::kDone, "", 0}).ok());
  Database database =
      Database::Create(LedgerPath(folder),
                       absl::StrCat("UPDATE rounds SET commit_ns = ", kLongestPhase + 1))
          .value();
  const auto ignore = [](absl::string_view) { return absl::OkStatus(); };
  const absl::Status status = MakeCsv(database, "rounds.csv", ignore);
  EXPECT_THAT(std::string(status.message()), HasSubstr("a time is out of range"));
  ASSERT_TRUE(database.Execute(absl::StrCat("UPDATE rounds SET commit_ns = ", kLongestPhase)).ok());
  EXPECT_TRUE(MakeCsv(database, "rounds.csv", ignore).ok());
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
  EXPECT_EQ(order, "3train 3evaluate 5train 7train ");
}

TEST(ClientsCsv, GivesPhasesInSecondsAndBytes) {
  const auto row = ExportedRun().clients.at(0);
  EXPECT_EQ(row.at("wait_instruction_s"), "0.01");
  EXPECT_EQ(row.at("queue_s"), "0.02");
  EXPECT_EQ(row.at("download_s"), "0.04");
  EXPECT_EQ(row.at("decode_s"), "0.08");
  EXPECT_EQ(row.at("wait_slot_s"), "0.16");
  EXPECT_EQ(row.at("train_s"), "0.32");
  EXPECT_EQ(row.at("encode_s"), "0.64");
  EXPECT_EQ(row.at("wait_credit_s"), "1.28");
  EXPECT_EQ(row.at("upload_s"), "2.56");
  EXPECT_EQ(row.at("train_cpu_s"), "7.6e-08");
  EXPECT_EQ(row.at("forward_activations_s"), "8.3e-08");
  EXPECT_EQ(row.at("clock_offset_s"), "-5e-09");
  EXPECT_EQ(row.at("payload_bytes_down"), "21");
  EXPECT_EQ(row.at("payload_bytes_up"), "22");
  EXPECT_EQ(row.at("message_bytes_down"), "23");
  EXPECT_EQ(row.at("message_bytes_up"), "24");
}

TEST(RoundsCsv, WhatTheWireCarriedBeyondMessagesIsHttp2) {
  const auto row = ExportedRun().rounds.at(0);
  EXPECT_EQ(row.at("wire_bytes_down"), "1015");
  EXPECT_EQ(row.at("http2_bytes_down"), "1002");  // 1015 - 13
  EXPECT_EQ(row.at("http2_bytes_up"), "1002");    // 1016 - 14
}

TEST(RoundsCsv, Http2OfConnectionsThatMovedNoTensorIsControl) {
  const Csv rounds = ExportedRun().rounds;
  EXPECT_EQ(rounds.at(0).at("http2_control_bytes_down"), "17");  // 47 - 30
  EXPECT_EQ(rounds.at(0).at("http2_control_bytes_up"), "9");
  EXPECT_EQ(rounds.at(1).at("http2_control_bytes_down"), "0");
  EXPECT_EQ(rounds.at(1).at("http2_control_bytes_up"), "12");  // 20 - 8
}

TEST(ClientsCsv, ATrainTaskHasTheWireBytesOfItsClientsConnection) {
  const Csv clients = ExportedRun().clients;
  EXPECT_EQ(clients.at(0).at("wire_bytes_down"), "115");
  EXPECT_EQ(clients.at(0).at("wire_bytes_up"), "230");
  EXPECT_EQ(clients.at(1).at("wire_bytes_up"), "");  // its evaluation
  EXPECT_EQ(clients.at(2).at("wire_bytes_up"), "");  // a client without connection
}

TEST(ClientsCsv, AFoldedTrainTaskHasItsWeightAndLoss) {
  const auto row = ExportedRun().clients.at(0);
  EXPECT_EQ(row.at("folded"), "1");
  EXPECT_EQ(row.at("weight"), "100");
  EXPECT_EQ(row.at("train_loss"), "0.1");
}

TEST(ClientsCsv, QuotesTheNamesOfClientsThatHaveOne) {
  const Csv clients = ExportedRun().clients;
  EXPECT_EQ(clients.at(0).at("client_name"), R"("carol ""the"" 1st")");
  EXPECT_EQ(clients.at(2).at("client_name"), "");  // by its number
  EXPECT_EQ(clients.at(3).at("client_name"), "");  // that has not joined
}

TEST(ClientsCsv, ATaskThatIsNotInTheModelHasNeither) {
  const Csv clients = ExportedRun().clients;
  for (const std::size_t i : {std::size_t{1}, std::size_t{3}}) {  // an evaluation, a late update
    EXPECT_EQ(clients.at(i).at("folded"), "0");
    EXPECT_EQ(clients.at(i).at("weight"), "");
    EXPECT_EQ(clients.at(i).at("train_loss"), "");
  }
}

}  // namespace
}  // namespace fedround::ledger
