#include "coordinator/run/event_text.h"

#include <gtest/gtest.h>

namespace fedround::coordinator {
namespace {

namespace event = ledger::event;

TEST(EventText, TellsWhatRunsWhereAndFromWhichWeights) {
  event::Started started{
      .run_id = "ab", .rounds = 3, .clients = 2, .parameters = 259, .address = "[::1]:80"};
  EXPECT_EQ(EventText(started),
            "run ab: 3 rounds, 2 clients, 259 parameters, listening on [::1]:80");
  started.initial = "a\nb";
  EXPECT_EQ(EventText(started),
            "run ab: 3 rounds, 2 clients, 259 parameters, listening on [::1]:80\n"
            "starts from a\\nb");
}

TEST(EventText, CountsClientsAndUpdates) {
  EXPECT_EQ(EventText(event::Joined{5}), "clients connected: 5");
  EXPECT_EQ(EventText(event::Round{.round = 2, .cohort = 10, .folded = 9, .wall_s = 0.5}),
            "round 2: 9 of 10 updates folded in 0.500 s");
}

TEST(EventText, NamesTheExamplesOfEachScore) {
  EXPECT_EQ(EventText(event::Evaluated{.round = 2, .accuracy = 0.5, .loss = 1}),
            "round 2:  test accuracy 0.5000  loss 1.0000");
  EXPECT_EQ(EventText(event::Evaluated{.round = 2,
                                       .validation_accuracy = 0.25,
                                       .validation_loss = 2,
                                       .clients_accuracy = 0.125,
                                       .clients_loss = 3}),
            "round 2:  validation accuracy 0.2500  loss 2.0000  clients' accuracy 0.1250  "
            "loss 3.0000");
}

TEST(EventText, AFailureMayBeNobodys) {
  EXPECT_EQ(EventText(event::Failure{2, std::nullopt, FailureKind::kProcessEnded, "it died"}),
            "round 2: process_ended: it died");
}

TEST(EventText, ShowsANoticeOnOneLine) { EXPECT_EQ(EventText(event::Notice{"a\nb"}), "a\\nb"); }

TEST(EventText, GivesTheReasonOfAnEnd) {
  EXPECT_EQ(EventText(event::Finished{.verdict = {RunOutcome::kFailed, "too few", 4}}),
            "failed: too few");
}

TEST(EventText, ShowsWhatAClientSentOnOneLine) {
  const ledger::event::Failure failure{2, 3, FailureKind::kRefused,
                                       "\x1b[1A\nround 3: 10 of 10 updates folded"};
  EXPECT_EQ(EventText(failure),
            "round 2: client 3: refused: \\x1b[1A\\nround 3: 10 of 10 updates folded");
}

TEST(EventText, KeepsItsOwnLines) {
  const ledger::event::Finished finished{.verdict = {RunOutcome::kDone}, .model_sha256 = "5555"};
  EXPECT_EQ(EventText(finished), "done\nmodel 5555");
}

}  // namespace
}  // namespace fedround::coordinator
