#include "experiments/analysis/verify/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/ledger/csv_export.h"
#include "tests/experiments/analysis/synthetic_run.h"

namespace fedround::analysis {
namespace {

using ::testing::HasSubstr;

VerifyReport Verified(const SyntheticOptions& options) {
  const auto report = Verify(WriteSyntheticRun(options));
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? *report : VerifyReport{};
}

TEST(Verify, AcceptsARunThatAddsUp) {
  const VerifyReport report = Verified({});
  EXPECT_TRUE(report.ended);
  EXPECT_TRUE(report.model);
  EXPECT_EQ(report.rounds, 4U);
  EXPECT_EQ(report.steps, 8U);
  EXPECT_EQ(report.tasks, 24U);
  EXPECT_EQ(report.answers, 24U);
  EXPECT_EQ(report.bytes.connections, 7U);
  EXPECT_EQ(report.largest_clock_bound_ns, 40'000);
}

TEST(Verify, ReportsTheBytesOfAllConnections) {
  const std::string folder = WriteSyntheticRun({});
  const VerifyReport report = Verify(folder).value();
  ledger::Database database = ledger::OpenLedger(folder).value();
  ledger::Statement sums = database
                               .Prepare(
                                   "SELECT sum(wire_bytes_down + wire_bytes_up), "
                                   "sum(message_bytes_down + message_bytes_up), sum(calls) "
                                   "FROM traffic")
                               .value();
  ASSERT_TRUE(sums.Next().value());
  EXPECT_EQ(report.bytes.wire, sums.Natural(0).value());
  EXPECT_EQ(report.bytes.messages, sums.Natural(1).value());
  EXPECT_EQ(report.bytes.calls, sums.Natural(2).value());
}

TEST(Verify, FindsTheCriticalPathOfEveryRound) {
  const VerifyReport report = Verified({});
  EXPECT_EQ(report.path.rounds_within, 4U);
  EXPECT_EQ(report.path.closed_otherwise, 0U);
  EXPECT_GT(report.path.handover_ns, 0);
}

TEST(Verify, AcceptsRunsOfEachKind) {
  Verified({.federated = false});
  Verified({.clients = 6, .cohort = 3});
  Verified({.clients = 8, .dropout = 0.4});
  Verified({.rounds = 0});
  EXPECT_EQ(Verified({.sockets = false}).bytes.wire, 0U);
}

// Their sum is not a double any more, their mean is.
TEST(Verify, AcceptsLossesAsLargeAsTheyCanBe) {
  const std::string folder = WriteSyntheticRun();
  {
    ledger::Database database =
        ledger::Database::Create(ledger::LedgerPath(folder),
                                 "UPDATE metrics SET value = 1.7e308 WHERE round = 2;"
                                 "UPDATE rounds SET train_loss = 1.7e308 WHERE round = 2")
            .value();
    ASSERT_TRUE(ledger::ExportCsv(database, folder).ok());
  }
  EXPECT_TRUE(Verify(folder).ok()) << Verify(folder).status();
}

TEST(Verify, ChecksWhatAKilledRunCommitted) {
  for (const bool sockets : {true, false}) {
    const VerifyReport report = Verified({.sockets = sockets, .finish = false});
    EXPECT_FALSE(report.ended);
    EXPECT_EQ(report.rounds, 4U);
  }
}

TEST(Verify, ChecksARunThatWasKilledAfterItsVerdict) {
  const std::string folder = WriteSyntheticRun();
  std::filesystem::remove(folder + "/status.json");
  const auto report = Verify(folder);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->ended);
  EXPECT_TRUE(report->model);
  std::string model = ReadFile(folder + "/model.safetensors").value();
  model.back() = static_cast<char>(model.back() ^ 1);
  ASSERT_TRUE(WriteFileAtomically(folder + "/model.safetensors", model).ok());
  EXPECT_THAT(Verify(folder).status().message(), HasSubstr("rounds, round 4: model_after is "));
}

TEST(Verify, WithoutLedgerSaysSo) {
  const absl::Status status = Verify(TestFolder()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("name the folder of a run"));
}

}  // namespace
}  // namespace fedround::analysis
