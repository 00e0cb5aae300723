#include "experiments/cli/screen/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "tests/experiments/cli/events.h"

namespace fedround::cli {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

Tally TallyOf(std::initializer_list<ledger::RunEvent> events) {
  Tally tally;
  for (const ledger::RunEvent& event : events) tally.Add(event);
  return tally;
}

void Show(Progress& progress, std::initializer_list<ledger::RunEvent> events,
          bool central = false) {
  Tally tally(central);
  for (const ledger::RunEvent& event : events) {
    tally.Add(event);
    progress.OnEvent(tally, event, ledger::ToJson(event));
  }
  progress.Close();
}

std::string Plain(std::initializer_list<ledger::RunEvent> events) {
  std::ostringstream out;
  Show(*MakePlainProgress(out), events);
  return out.str();
}

std::string Live(std::initializer_list<ledger::RunEvent> events, bool colour) {
  std::ostringstream out;
  Show(*MakeLiveProgress(out, {.live = true, .colour = colour}, [] { return std::size_t{80}; }),
       events);
  return out.str();
}

TEST(PlainProgress, PrintsALineARoundWithItsScore) {
  EXPECT_EQ(Plain({Started(20, 10), Round(7), Evaluated(7, 0.8123)}),
            "round  7/20  accuracy 0.8123  loss 0.5000  0.100 s  updates 9/10  down 1.0 MiB  "
            "up 512.0 KiB\n");
}

TEST(PlainProgress, PrintsARoundThatIsNotScored) {
  EXPECT_THAT(Plain({Started(2, 10), Round(1), Round(2)}),
              StartsWith("round 1/2  0.100 s  updates 9/10"));
}

TEST(PlainProgress, DoesNotRepeatTheScoreOfAnEarlierRound) {
  EXPECT_THAT(Plain({Started(2, 10), Round(1), Evaluated(1, 0.5), Round(2)}),
              HasSubstr("round 2/2  0.100 s"));
}

TEST(PlainProgress, CountsEpochsOfCentralTraining) {
  std::ostringstream out;
  Show(*MakePlainProgress(out), {Started(20, 1), Round(7), Evaluated(7, 0.8123)},
       /*central=*/true);
  EXPECT_EQ(out.str(), "epoch  7/20  accuracy 0.8123  loss 0.5000  0.100 s\n");
}

TEST(PlainProgress, SaysWhatTheModelStartsFrom) {
  ledger::event::Started started = Started(2, 10);
  started.initial = "a.safetensors: hidden1; output is new";
  EXPECT_EQ(Plain({started}), "starts from a.safetensors: hidden1; output is new\n");
}

TEST(PlainProgress, UsesNoEscapeCodes) {
  EXPECT_THAT(Plain({Started(2, 10), Failure(3, FailureKind::kLeft), Round(1), Finished()}),
              Not(HasSubstr("\x1b")));
}

TEST(PlainProgress, ShowsWhatAClientSentOnOneLine) {
  EXPECT_EQ(Plain({Started(2, 10), Failure(3, FailureKind::kLeft, "\x1b[1Aleft\nround 1/2")}),
            "round 2: client 3: left: \\x1b[1Aleft\\nround 1/2\n");
}

TEST(PlainProgress, NamesTheClientOfAFailure) {
  EXPECT_EQ(Plain({Started(2, 10), Failure(3, FailureKind::kLeft)}),
            "round 2: client 3: left: as it happens\n");
}

TEST(PlainProgress, PrintsNotices) {
  EXPECT_EQ(Plain({Started(2, 10), Notice("it waits")}), "it waits\n");
}

TEST(LiveLines, SayWhoIsMissingBeforeTheFirstRound) {
  EXPECT_THAT(LiveLines(TallyOf({Started(20, 10), Joined(7)}), 80),
              ElementsAre("waiting for clients: 7 of 10 connected"));
}

TEST(LiveLines, ShowBarEtaAndScore) {
  EXPECT_THAT(
      LiveLines(
          TallyOf({Started(20, 10), Round(9), Evaluated(9, 0.8), Round(10), Evaluated(10, 0.81)}),
          100)
          .front(),
      "round 10/20 [==========>         ]  eta 1 s  accuracy 0.8100 (+0.0100)  loss 0.5000");
}

TEST(LiveLines, ShowWhereTheRoundWent) {
  EXPECT_THAT(LiveLines(TallyOf({Started(20, 10), Round(1)}), 100),
              ElementsAre(StartsWith("round  1/20"),
                          "0.100 s = train 0.050 + wait_slot 0.010 + rest 0.040"));
}

TEST(LiveLines, ClaimNoEquationWhereThePartsAreMoreThanTheWhole) {
  ledger::event::Round round = Round(1);
  round.phase_s[static_cast<int>(ClientPhase::kTrain)] = 0.2;
  EXPECT_THAT(LiveLines(TallyOf({Started(20, 10), round}), 100).back(),
              "0.100 s; mean client: train 0.200, wait_slot 0.010");
}

TEST(LiveLines, AddUpWhereThereIsLittleRoom) {
  EXPECT_EQ(LiveLines(TallyOf({Started(20, 10), Round(1)}), 40).back(),
            "0.100 s = train 0.050 + rest 0.050");
}

TEST(LiveProgress, LeavesOutWhatHasNoRoom) {
  EXPECT_EQ(Narrowed("round 1/8  accuracy 0.5  down 1 B  up 1 B", 30), "round 1/8  accuracy 0.5");
}

TEST(LiveLines, FillTheBarAtTheEnd) {
  EXPECT_THAT(LiveLines(TallyOf({Started(2, 10), Round(2)}), 100).front(),
              HasSubstr("[====================]"));
}

TEST(LiveLines, FitTheTerminal) {
  EXPECT_THAT(LiveLines(TallyOf({Started(20, 10), Round(1), Evaluated(1, 0.5)}), 30),
              Each(SizeIs(Le(30))));
}

TEST(LiveProgress, KeepsTheLinesOfRounds) {
  EXPECT_THAT(Live({Started(2, 10), Round(1), Evaluated(1, 0.5), Round(2)}, false),
              AllOf(HasSubstr("\x1b[Jround 1/2  accuracy 0.5000  loss 0.5000  0.100 s  updates"),
                    HasSubstr("\x1b[Jround 2/2  0.100 s  updates")));
}

TEST(LiveProgress, KeepsSomeOfManyRounds) {
  std::ostringstream out;
  const auto progress =
      MakeLiveProgress(out, {.live = true, .colour = false}, [] { return std::size_t{80}; });
  Tally tally;
  const auto show = [&](const ledger::RunEvent& event) {
    tally.Add(event);
    progress->OnEvent(tally, event, "");
  };
  show(Started(1000, 10));
  for (std::uint32_t round = 1; round <= 1000; ++round) show(Round(round));
  progress->Close();
  const std::string text = out.str();
  for (const char* kept : {"   1", "  50", " 950", "1000"}) {
    EXPECT_THAT(text, HasSubstr(absl::StrCat("round ", kept, "/1000  0.100 s"))) << kept;
  }
  EXPECT_THAT(text, Not(HasSubstr("round   51/1000  0.100 s")));
}

TEST(LiveProgress, LeavesFailuresAboveTheBlock) {
  EXPECT_THAT(Live({Started(2, 10), Failure(3, FailureKind::kLeft)}, false),
              HasSubstr("\r\x1b[Jround 2: client 3: left: as it happens\n"));
}

TEST(LiveProgress, LeavesNoticesAboveTheBlockInTheColourOfText) {
  EXPECT_THAT(Live({Started(2, 10), Notice("it waits")}, true),
              HasSubstr("\r\x1b[Jit waits\nwaiting"));
}

TEST(LiveProgress, LeavesWhatTheModelStartsFromAboveTheBlock) {
  ledger::event::Started started = Started(2, 10);
  started.initial = "a.safetensors";
  EXPECT_THAT(Live({started}, true), HasSubstr("\r\x1b[Jstarts from a.safetensors\nwaiting"));
}

TEST(LiveProgress, ShowsWhatAClientSentOnOneLine) {
  EXPECT_THAT(Live({Started(2, 10), Failure(3, FailureKind::kLeft, "\x1b[1Aleft\nround")}, false),
              HasSubstr("client 3: left: \\x1b[1Aleft\\nround\n"));
}

TEST(LiveProgress, ShowsFailuresInRed) {
  EXPECT_THAT(Live({Started(2, 10), Failure(3, FailureKind::kLeft)}, true),
              HasSubstr("\x1b[31mround 2:"));
}

TEST(LiveProgress, UsesNoColourWhereItIsUnwanted) {
  EXPECT_THAT(Live({Started(2, 10), Failure(3, FailureKind::kLeft)}, false),
              Not(HasSubstr("\x1b[31m")));
}

TEST(LiveProgress, StopsRemarkingOnAFlood) {
  std::ostringstream out;
  const auto progress = MakePlainProgress(out);
  Tally tally;
  for (ClientId client = 0; client < 100; ++client) {
    progress->OnEvent(tally, Failure(client, FailureKind::kLeft), "");
  }
  EXPECT_THAT(out.str(), Not(HasSubstr("client 5:")));
}

TEST(JsonProgress, PassesEventsThrough) {
  std::ostringstream out;
  const auto progress = MakeJsonProgress(out);
  progress->OnEvent({}, Joined(1), "the line");
  EXPECT_EQ(out.str(), "the line\n");
}

TEST(JsonProgress, TellsOfAProcessThatDied) {
  std::ostringstream out;
  MakeJsonProgress(out)->OnDeath({}, {.name = "client-3",
                                      .clients = {3},
                                      .log = "client-3.log",
                                      .how = "exit code 7",
                                      .last_lines = {}});
  EXPECT_THAT(out.str(), HasSubstr(R"("client":3,"what":"process_ended")"));
}

}  // namespace
}  // namespace fedround::cli
