// Several runs of one user at the same time, which share the machine's compute slots.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "common/base/slots/board.h"
#include "tests/support/tiny_runs.h"
#include "tests/system/loopback.h"

namespace fedround::testing {
namespace {

class RunsBesideEachOther : public TinyRuns {};

constexpr int kClients = 8;

void SignalClients(pid_t launcher, int signal) {
  for (int client = 0; client < kClients; ++client) {
    SignalClient(launcher, std::to_string(client), signal);
  }
}

std::size_t RoundsIn(const std::string& events) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = events.find("\"event\":\"round\"", at)) != std::string::npos;
       ++at) {
    ++count;
  }
  return count;
}

TEST_F(RunsBesideEachOther, ClientsThatAreStoppedHoldNobodyElseUp) {
  Command stopped(
      Arguments({"training.epochs=50000", "launch.slots=1"}, "stopped", {"--format", "json"}));
  ASSERT_TRUE(stopped.WaitForOutput(kAllJoined));
  // One of them has the slot, another is the head of the queue for it.
  SignalClients(stopped.pid(), SIGSTOP);
  EXPECT_EQ(RunTiny({"launch.slots=1"}, "beside").exit_code, 0);
  SignalClients(stopped.pid(), SIGCONT);
  stopped.Signal(SIGTERM);
  EXPECT_EQ(stopped.Finish().exit_code, 143);
}

// Stops the process that has the first slot, and returns it; nothing if nobody takes the slot.
std::optional<pid_t> StopTheHolder(slots::Board& board) {
  const slots::Holding& holding = board.holding(0, 0);
  while (Eventually([&] { return holding.held != 0; })) {
    const pid_t holder = holding.pid;
    kill(holder, SIGSTOP);
    if (holding.held != 0 && holding.pid == holder) return holder;
    kill(holder, SIGCONT);  // it had just given it back
  }
  return std::nullopt;
}

TEST_F(RunsBesideEachOther, TheSlotOfAStoppedClientIsLentToTheOthersOfItsRun) {
  Command run(Arguments({"training.epochs=50000", "run.rounds=1", "launch.slots=1"}));
  const std::string path = std::string(std::getenv("XDG_RUNTIME_DIR")) + "/fedround-slots/board";
  ASSERT_TRUE(Eventually([&] { return std::filesystem::exists(path); }));
  const auto board = slots::Board::Open(path, 1).value();
  const std::optional<pid_t> holder = StopTheHolder(*board);
  ASSERT_TRUE(holder.has_value());
  EXPECT_TRUE(Eventually([&] { return board->holding(0, 1).held != 0; }));
  kill(*holder, SIGCONT);
  const CommandResult result = run.Finish();
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

// With a queue of all clients, each task of the quick run would wait for one of the slow run.
TEST_F(RunsBesideEachOther, AQuickRunDoesNotWaitForASlowOneTaskByTask) {
  Command slow(
      Arguments({"training.epochs=2000", "run.rounds=1000", "launch.slots=2", "evaluation.every=0"},
                "slow", {"--format", "json"}));
  ASSERT_TRUE(slow.WaitForOutput("\"event\":\"round\""));
  ASSERT_EQ(RunTiny({"run.rounds=40", "launch.slots=2"}, "quick").exit_code, 0);
  slow.Signal(SIGTERM);
  const std::size_t rounds = RoundsIn(slow.Finish().out);
  EXPECT_LT(rounds, 15U) << "of the slow run, in 40 of the quick one";
}

}  // namespace
}  // namespace fedround::testing
