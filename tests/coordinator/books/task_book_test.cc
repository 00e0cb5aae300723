#include "coordinator/books/task_book.h"

#include <gtest/gtest.h>

#include <limits>

namespace fedround::coordinator {
namespace {

Instruction Asked(std::uint32_t round, ClientId client, std::uint32_t step = 0) {
  // Numbered in the order of rounds, steps and clients, as an engine does it.
  return Instruction{{.id = (AskId{round} << 32) + (AskId{step} << 16) + client,
                      .client = client,
                      .round = round,
                      .step = step}};
}

TaskCost CostOf(const Instruction& instruction) {
  return {.ask = instruction.id, .client = instruction.client};
}

// An answer to `instruction` that came at 200 and counts from 300 on.
ledger::AnswerRow Accept(TaskBook& book, const Instruction& instruction) {
  const UpdateHeader header{.ask = instruction.id,
                            .client = instruction.client,
                            .weight = 30,
                            .metrics = {{"train_loss", 0.5}}};
  return book.Accepted(header, {.offered_ns = 150, .received_ns = 200}, 300);
}

TEST(TaskBook, WritesDownWhatItKnowsOfAnAnswer) {
  TaskBook book;
  book.Sent(Asked(1, 5, 1), 100);
  const ledger::AnswerRow answer = Accept(book, Asked(1, 5, 1));
  EXPECT_EQ(answer.client, 5U);
  EXPECT_EQ(answer.step, 1U);
  EXPECT_EQ(answer.weight, 30U);
  EXPECT_EQ(answer.metrics, (Metrics{{"train_loss", 0.5}}));
  EXPECT_EQ(answer.sent_ns, 100);
  EXPECT_EQ(answer.received_ns, 200);
  EXPECT_EQ(answer.accepted_ns, 300);
}

// ---- what is outstanding ----

TEST(TaskBook, AwaitsTheReportOfEachAnswerThatCounts) {
  TaskBook book;
  book.Sent(Asked(1, 5), 100);
  book.Sent(Asked(1, 6), 100);
  EXPECT_EQ(book.outstanding(), 0U);  // they may never answer
  Accept(book, Asked(1, 5));
  Accept(book, Asked(1, 6));
  EXPECT_EQ(book.outstanding(), 2U);
  EXPECT_TRUE(book.Take(CostOf(Asked(1, 5)), 400).has_value());
  EXPECT_EQ(book.outstanding(), 1U);
}

TEST(TaskBook, KnowsAReportThatCameBeforeItsAnswer) {
  TaskBook book;
  book.Sent(Asked(1, 5), 100);
  EXPECT_TRUE(book.Take(CostOf(Asked(1, 5)), 250).has_value());
  EXPECT_EQ(Accept(book, Asked(1, 5)).sent_ns, 100);
  EXPECT_EQ(book.outstanding(), 0U);
  EXPECT_TRUE(book.Forget(2, 500).empty());
}

TEST(TaskBook, RefusesTheReportOfAnotherClient) {
  TaskBook book;
  book.Sent(Asked(1, 5), 100);
  TaskCost cost = CostOf(Asked(1, 5));
  cost.client = 6;
  EXPECT_FALSE(book.Take(cost, 400).has_value());
  EXPECT_TRUE(book.Take(CostOf(Asked(1, 5)), 400).has_value());
}

TEST(TaskBook, KnowsWhatAReportIsAbout) {
  TaskBook book;
  book.Sent(Asked(3, 5, 1), 100);
  const auto task = book.Take(CostOf(Asked(3, 5, 1)), 400);
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->round, 3U);
  EXPECT_EQ(task->step, 1U);
  EXPECT_EQ(task->client, 5U);
}

TEST(TaskBook, TakesTheReportOfATaskThatGaveUp) {
  TaskBook book;
  book.Sent(Asked(1, 5), 100);
  TaskCost cost = CostOf(Asked(1, 5));
  cost.failure = "NOT_FOUND";
  const auto task = book.Take(cost, 400);
  ASSERT_TRUE(task.has_value());
  EXPECT_EQ(task->failure, "NOT_FOUND");
  EXPECT_EQ(book.outstanding(), 0U);
}

TEST(TaskBook, DoesNotAwaitAClientThatLeft) {
  TaskBook book;
  for (const ClientId client : {5U, 6U}) {
    book.Sent(Asked(1, client), 100);
    Accept(book, Asked(1, client));
  }
  book.Left(std::vector<ClientId>{5});
  EXPECT_EQ(book.outstanding(), 1U);
  book.Left(std::vector<ClientId>{5});
  EXPECT_EQ(book.outstanding(), 1U);
  // Its report may have been on its way.
  EXPECT_TRUE(book.Take(CostOf(Asked(1, 5)), 400).has_value());
  EXPECT_EQ(book.outstanding(), 1U);
}

TEST(TaskBook, DropsAllTasksOfAClientThatLeftAndNoOthers) {
  TaskBook book;
  for (const std::uint32_t round : {1U, 3U, std::numeric_limits<std::uint32_t>::max()}) {
    for (const ClientId client : {4U, 5U, 8U}) {
      for (const std::uint32_t step : {0U, 1U, 2U}) {
        book.Sent(Asked(round, client, step), 100);
        Accept(book, Asked(round, client, step));
      }
    }
  }
  EXPECT_EQ(book.outstanding(), 27U);
  book.Left(std::vector<ClientId>{5});
  EXPECT_EQ(book.outstanding(), 18U);
  book.Left(std::vector<ClientId>{3, 4, 7});
  EXPECT_EQ(book.outstanding(), 9U);
  book.Left(std::vector<ClientId>{6});
  EXPECT_EQ(book.outstanding(), 9U);
}

TEST(TaskBook, BeginsATaskAnewWhenItIsAskedAgain) {
  TaskBook book;
  book.Sent(Asked(1, 5), 100);
  Accept(book, Asked(1, 5));
  book.Sent(Asked(1, 5), 1000);
  EXPECT_EQ(book.outstanding(), 0U);
  EXPECT_EQ(Accept(book, Asked(1, 5)).sent_ns, 100);  // it may still be at work on that
  EXPECT_EQ(book.outstanding(), 1U);
  EXPECT_TRUE(book.Take(CostOf(Asked(1, 5)), 400).has_value());
  EXPECT_EQ(book.outstanding(), 0U);
}

// ---- peers report what they like ----

TEST(TaskBook, RefusesAReportThatNobodyAskedFor) {
  TaskBook book;
  book.Sent(Asked(2, 5, 1), 100);
  EXPECT_FALSE(book.Take(CostOf(Asked(2, 6, 1)), 400).has_value());
  EXPECT_FALSE(book.Take(CostOf(Asked(2, 5, 0)), 400).has_value());
  EXPECT_FALSE(book.Take(CostOf(Asked(1, 5, 1)), 400).has_value());
  EXPECT_TRUE(book.Take(CostOf(Asked(2, 5, 1)), 400).has_value());
}

TEST(TaskBook, RefusesASecondReport) {
  TaskBook book;
  book.Sent(Asked(1, 5), 100);
  book.Sent(Asked(1, 6), 100);
  Accept(book, Asked(1, 5));
  Accept(book, Asked(1, 6));
  EXPECT_TRUE(book.Take(CostOf(Asked(1, 5)), 400).has_value());
  EXPECT_FALSE(book.Take(CostOf(Asked(1, 5)), 400).has_value());
  EXPECT_EQ(book.outstanding(), 1U);
}

TEST(TaskBook, ExpectsNoReportOfALeave) {
  TaskBook book;
  book.Sent(Instruction{{.task = TaskKind::kLeave, .client = 5, .round = 1}}, 100);
  EXPECT_FALSE(book.Take(CostOf(Asked(1, 5)), 400).has_value());
}

// ---- reports that do not come ----

TEST(TaskBook, NamesAnswersThatWereNeverReportedAndForgetsThem) {
  TaskBook book;
  for (const std::uint32_t round : {1U, 2U}) {
    for (const ClientId client : {5U, 6U}) book.Sent(Asked(round, client), 100);
    Accept(book, Asked(round, 6));
  }
  const auto failures = book.Forget(/*round=*/2, 900);
  ASSERT_EQ(failures.size(), 1U);  // client 5 did not answer: there is nothing to report
  EXPECT_EQ(failures[0].round, 1U);
  EXPECT_EQ(failures[0].client, 6U);
  EXPECT_EQ(failures[0].what, FailureKind::kUnreported);
  EXPECT_EQ(failures[0].at_ns, 900);
  EXPECT_EQ(book.outstanding(), 1U);
  EXPECT_FALSE(book.Take(CostOf(Asked(1, 6)), 1000).has_value());
  EXPECT_FALSE(book.Take(CostOf(Asked(1, 5)), 1000).has_value());
  EXPECT_TRUE(book.Take(CostOf(Asked(2, 6)), 1000).has_value());
  EXPECT_TRUE(book.Forget(2, 1100).empty());
}

TEST(TaskBook, NamesTheUnreportedAnswerOfAClientThatLeft) {
  TaskBook book;
  book.Sent(Asked(1, 5), 100);
  Accept(book, Asked(1, 5));
  book.Left(std::vector<ClientId>{5});
  EXPECT_EQ(book.Forget(2, 900).size(), 1U);
  EXPECT_EQ(book.outstanding(), 0U);
}

// ---- where the client's clock was ----

// A task of a client whose clock is `ahead` of ours; each message is 10 on its way.
struct Exchange {
  Nanos ahead = 0;

  ledger::TaskRow Run() const {
    TaskBook book;
    book.Sent(Asked(1, 5), 100);
    TaskCost cost = CostOf(Asked(1, 5));
    cost.start_ns = 50 + ahead;
    cost.phase_ns[static_cast<int>(ClientPhase::kWaitInstruction)] = 60;  // it came at 110
    const UpdateHeader header{.ask = Asked(1, 5).id, .client = 5, .sent_ns = 140 + ahead};
    book.Accepted(header, {.offered_ns = 150, .received_ns = 200}, 300);
    cost.end_ns = 310 + ahead;
    cost.sent_ns = 320 + ahead;
    return book.Take(cost, 330).value();
  }
};

TEST(TaskBook, BoundsTheClientsClockByItsFourMessages) {
  for (const Nanos ahead : {Nanos{0}, Nanos{1'000'000}, Nanos{-40}}) {
    const ledger::TaskRow task = Exchange{ahead}.Run();
    EXPECT_EQ(task.clock_offset_ns, -ahead);
    EXPECT_EQ(task.clock_bound_ns, 10);
  }
}

TEST(TaskBook, HasNoClockOfAClientWhoseStampsContradictEachOther) {
  TaskBook book;
  book.Sent(Asked(1, 5), 100);
  TaskCost cost = CostOf(Asked(1, 5));
  cost.start_ns = 110;
  cost.end_ns = 200;
  cost.sent_ns = 500;  // and that came at 330
  const auto task = book.Take(cost, 330);
  ASSERT_TRUE(task.has_value());
  EXPECT_FALSE(task->clock_offset_ns.has_value());
  EXPECT_FALSE(task->clock_bound_ns.has_value());
}

TEST(TaskBook, HasNoClockOfAClientThatStampsNothing) {
  TaskBook book;
  book.Sent(Asked(1, 5), 100);
  Accept(book, Asked(1, 5));
  TaskCost cost = CostOf(Asked(1, 5));
  cost.start_ns = 110;
  cost.end_ns = 310;
  EXPECT_FALSE(book.Take(cost, 330)->clock_offset_ns.has_value());
}

}  // namespace
}  // namespace fedround::coordinator
