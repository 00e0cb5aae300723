#include "coordinator/books/round_book.h"

#include <gtest/gtest.h>

#include <numeric>

namespace fedround::coordinator {
namespace {

using ledger::RoundPhase;
using ledger::RoundRecord;

Nanos SumOfPhases(const RoundRecord& record) {
  return std::accumulate(record.phase_ns, record.phase_ns + ledger::kRoundPhases, Nanos{0});
}

RoundRecord Take(RoundBook& book, std::uint32_t round = 1) {
  return book.TakeRecord({.round = round}, /*total_weight=*/0, /*before=*/1, /*after=*/2);
}

ledger::AnswerRow AnswerOf(ClientId client, std::uint64_t weight = 1, Metrics metrics = {}) {
  return {.client = client, .weight = weight, .metrics = std::move(metrics)};
}

// ---- the chain ----

TEST(RoundBook, PhasesOfARoundAddUp) {
  RoundBook book;
  book.Begin(100);
  book.Selected(110);
  book.OpenStep(0, TaskKind::kTrain);
  book.Broadcast(130);
  book.Closed(200);
  book.Collected();
  book.Evaluated(205);
  book.Committed(230);
  const RoundRecord record = Take(book);
  EXPECT_EQ(record.start_ns, 100);
  EXPECT_EQ(record.phase(RoundPhase::kSelect), 10);
  EXPECT_EQ(record.phase(RoundPhase::kBroadcast), 20);
  EXPECT_EQ(record.phase(RoundPhase::kCollect), 70);
  EXPECT_EQ(record.phase(RoundPhase::kWaitEvaluation), 5);
  EXPECT_EQ(record.phase(RoundPhase::kCommit), 25);
  EXPECT_EQ(record.start_ns + SumOfPhases(record), 230);
  ASSERT_EQ(record.steps.size(), 1U);
  EXPECT_EQ(record.steps[0].start_ns, 110);
  EXPECT_EQ(record.steps[0].broadcast_ns, 20);
  EXPECT_EQ(record.steps[0].collect_ns, 70);
}

TEST(RoundBook, StepsFollowEachOtherAndAddUpToTheRoundsPhases) {
  RoundBook book;
  book.Begin(0);
  book.Selected(10);
  book.OpenStep(0, TaskKind::kEvaluate);
  book.Broadcast(12);
  book.Closed(40);
  book.Collected();
  book.OpenStep(1, TaskKind::kTrain);
  book.Broadcast(45);
  book.Closed(100);
  book.Collected();
  book.Evaluated(100);
  book.Committed(101);
  const RoundRecord record = Take(book);
  ASSERT_EQ(record.steps.size(), 2U);
  EXPECT_EQ(record.steps[0].task, TaskKind::kEvaluate);
  EXPECT_EQ(record.steps[1].step, 1U);
  EXPECT_EQ(record.steps[1].start_ns, 40);
  EXPECT_EQ(record.phase(RoundPhase::kBroadcast), 2 + 5);
  EXPECT_EQ(record.phase(RoundPhase::kCollect), 28 + 55);
  EXPECT_EQ(SumOfPhases(record), 101);
}

TEST(RoundBook, AStepThatNobodyWasAskedInCollectsForNoTime) {
  RoundBook book;
  book.Begin(0);
  book.Selected(10);
  book.OpenStep(0, TaskKind::kTrain);
  book.Closed(11);  // the engine gives it up before its broadcast has ended
  book.Broadcast(15);
  book.Collected();
  book.Evaluated(12);  // a mark that the broadcast has covered already
  book.Committed(20);
  const RoundRecord record = Take(book);
  EXPECT_EQ(record.phase(RoundPhase::kBroadcast), 5);
  EXPECT_EQ(record.phase(RoundPhase::kCollect), 0);
  EXPECT_EQ(record.phase(RoundPhase::kWaitEvaluation), 0);
  EXPECT_EQ(record.steps[0].collect_ns, 0);
  EXPECT_EQ(SumOfPhases(record), 20);
}

TEST(RoundBook, TheNextRoundBeginsWhereThisOneEnded) {
  RoundBook book;
  book.Begin(0);
  book.Selected(10);
  book.Committed(50);
  book.Probed(3);
  const RoundRecord first = Take(book);
  book.Recorded(7);
  book.Idle(80);
  book.Selected(85);
  const RoundRecord second = Take(book, 2);
  EXPECT_EQ(second.round, 2U);
  EXPECT_EQ(second.start_ns, first.start_ns + SumOfPhases(first));
  EXPECT_EQ(second.phase(RoundPhase::kIdle), 30);
  EXPECT_EQ(second.phase(RoundPhase::kSelect), 5);
  EXPECT_EQ(first.record_ns, 0);
  EXPECT_EQ(second.record_ns, 7);
  EXPECT_EQ(first.probe_ns, 3);
  EXPECT_EQ(second.probe_ns, 0);
  EXPECT_TRUE(second.steps.empty());
}

// ---- answers ----

TEST(RoundBook, ListsAnswersByIdWhateverTheirOrder) {
  RoundBook book;
  for (const ClientId client : {9U, 2U, 5U}) {
    book.AddFolding(/*handle=*/100 - client, AnswerOf(client));
    book.AddEvaluated(AnswerOf(client));
  }
  const RoundRecord record = Take(book);
  for (const auto& answers : {record.folded, record.evaluated}) {
    ASSERT_EQ(answers.size(), 3U);
    EXPECT_EQ(answers[0].client, 2U);
    EXPECT_EQ(answers[1].client, 5U);
    EXPECT_EQ(answers[2].client, 9U);
  }
  EXPECT_TRUE(Take(book, 2).folded.empty());
}

TEST(RoundBook, BooksAFoldWithItsAnswer) {
  RoundBook book;
  book.AddFolding(7, AnswerOf(1));
  book.AddFolding(8, AnswerOf(2));
  book.Folded(8, {.start_ns = 30, .end_ns = 40});
  book.Folded(99, {.start_ns = 1, .end_ns = 2});  // of an evaluate answer: nothing is folded
  const RoundRecord record = Take(book);
  EXPECT_EQ(record.folded[0].folded_ns, 0);
  EXPECT_EQ(record.folded[1].fold_start_ns, 30);
  EXPECT_EQ(record.folded[1].folded_ns, 40);
}

TEST(RoundBook, WeighsTheTrainLossOfThoseThatReportOne) {
  RoundBook book;
  book.AddFolding(1, AnswerOf(1, 10, {{"train_loss", 2.0}}));
  book.AddFolding(2, AnswerOf(2, 30, {{"train_loss", 1.0}}));
  book.AddFolding(3, AnswerOf(3, 1000));
  EXPECT_EQ(Take(book).train_loss, 1.25);
  book.AddFolding(3, AnswerOf(3, 1000));
  EXPECT_FALSE(Take(book, 2).train_loss.has_value());
}

TEST(RoundBook, WeighsTheClientsScoresByTheirExamples) {
  RoundBook book;
  EXPECT_TRUE(book.ClientEvaluation(3).empty());
  book.AddEvaluated(AnswerOf(1, 10, {{"loss", 2.0}, {"accuracy", 0.5}}));
  book.AddEvaluated(AnswerOf(2, 30, {{"loss", 1.0}, {"accuracy", 1.0}}));
  const auto scores = book.ClientEvaluation(3);
  ASSERT_EQ(scores.size(), 1U);
  EXPECT_EQ(scores[0].round, 3U);
  EXPECT_EQ(scores[0].examples_of, ledger::ExamplesOf::kClients);
  EXPECT_EQ(scores[0].examples, 40U);
  EXPECT_EQ(scores[0].loss, 1.25);
  EXPECT_EQ(scores[0].accuracy, 0.875);
}

// ---- totals ----

// Their weighted sum is not a double any more, their mean is.
TEST(RoundBook, TheMeanOfLossesAsLargeAsTheyCanBeIsALoss) {
  RoundBook book;
  for (const ClientId client : {1U, 2U}) {
    book.AddFolding(client, AnswerOf(client, 1000, {{"train_loss", 1.7e308}}));
    book.AddEvaluated(AnswerOf(client, 1000, {{"loss", 1.7e308}}));
  }
  EXPECT_EQ(book.ClientEvaluation(0).at(0).loss, 1.7e308);
  EXPECT_EQ(Take(book).train_loss, 1.7e308);
}

TEST(RoundBook, AddsUpTheTrafficOfTheRoundsConnections) {
  RoundBook book;
  const ledger::TrafficRecord row{.payload_bytes_down = 1,
                                  .payload_bytes_up = 2,
                                  .message_bytes_down = 3,
                                  .message_bytes_up = 4,
                                  .wire_bytes_down = 5,
                                  .wire_bytes_up = 6,
                                  .retransmitted_bytes_down = 7};
  const ledger::TrafficRecord rows[] = {row, row};
  book.AddTraffic(rows);
  book.AddTraffic(rows);
  const RoundRecord record = Take(book);
  EXPECT_EQ(record.payload_bytes_down, 4U);
  EXPECT_EQ(record.payload_bytes_up, 8U);
  EXPECT_EQ(record.message_bytes_down, 12U);
  EXPECT_EQ(record.message_bytes_up, 16U);
  EXPECT_EQ(record.wire_bytes_down, 20U);
  EXPECT_EQ(record.wire_bytes_up, 24U);
  EXPECT_EQ(record.retransmitted_bytes_down, 28U);
  EXPECT_EQ(Take(book, 2).wire_bytes_up, 0U);
}

ledger::TaskRow TrainingOf(std::uint32_t round, Nanos train_ns) {
  ledger::TaskRow cost;
  cost.round = round;
  cost.phase_ns[static_cast<int>(ClientPhase::kTrain)] = train_ns;
  return cost;
}

TEST(RoundBook, ShowsTheMeanOfTheTrainTasksThatWereReported) {
  RoundBook book;
  book.AddCost(TrainingOf(1, 1 * kNanosPerSecond));
  book.AddCost(TrainingOf(1, 3 * kNanosPerSecond));
  book.AddCost(TrainingOf(2, 5 * kNanosPerSecond));
  ledger::TaskRow scoring = TrainingOf(1, 100 * kNanosPerSecond);
  scoring.task = TaskKind::kEvaluate;
  book.AddCost(scoring);
  const int train = static_cast<int>(ClientPhase::kTrain);
  EXPECT_EQ(book.TakeEvent(Take(book, 1)).phase_s[train], 2);
  EXPECT_EQ(book.TakeEvent(Take(book, 1)).phase_s[train], 0);  // they are forgotten
  EXPECT_EQ(book.TakeEvent(Take(book, 2)).phase_s[train], 5);
}

}  // namespace
}  // namespace fedround::coordinator
