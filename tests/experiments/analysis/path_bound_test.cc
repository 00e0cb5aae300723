// "Within 1 % of the wall time, in 99 of 100 rounds": both edges.
#include <gtest/gtest.h>

#include "experiments/analysis/verify/checks.h"

namespace fedround::analysis {
namespace {

// A round of 10,000 ns whose critical path lacks `missing`: the round has no step, so nothing of
// its broadcast is on the path.
void AddRound(PathCheck& check, Nanos missing) {
  ledger::RoundRow round;
  round.phase(ledger::RoundPhase::kSelect) = 10'000 - missing;
  round.phase(ledger::RoundPhase::kBroadcast) = missing;
  RoundRows rows;
  rows.round = &round;
  check.Add(rows);
}

// `rounds` rounds, of which `outside` are a nanosecond beyond 1 %.
absl::StatusOr<PathFigures> Checked(int rounds, int outside) {
  PathCheck check;
  for (int i = 0; i < rounds; ++i) AddRound(check, i < outside ? 101 : 100);
  return check.Finish();
}

TEST(PathBound, IsOnePercentItself) {
  const PathFigures figures = Checked(1, 0).value();
  EXPECT_EQ(figures.rounds_within, 1U);
  EXPECT_EQ(figures.wall_ns, 10'000);
  EXPECT_FALSE(Checked(1, 1).ok());
}

TEST(PathBound, ForgivesOneOfAHundredRounds) {
  EXPECT_EQ(Checked(100, 1).value().rounds_within, 99U);
  EXPECT_FALSE(Checked(100, 2).ok());
  EXPECT_FALSE(Checked(99, 1).ok());
  EXPECT_TRUE(Checked(199, 1).ok());
  EXPECT_FALSE(Checked(199, 2).ok());
  EXPECT_TRUE(Checked(200, 2).ok());
}

TEST(PathBound, NamesTheWorstRound) {
  PathCheck check;
  for (const Nanos missing : {Nanos{150}, Nanos{700}, Nanos{200}}) AddRound(check, missing);
  const absl::Status status = check.Finish().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_NE(status.message().find("the critical path is 9300 ns, the wall time 10000 ns: "
                                  "difference 7.0 %, worst of 3 rounds that are not within 1 %"),
            absl::string_view::npos)
      << status;
}

}  // namespace
}  // namespace fedround::analysis
