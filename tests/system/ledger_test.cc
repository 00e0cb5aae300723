// The record of real runs: `fedround verify` accepts what they leave, whatever happened to them.
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "common/base/named_enum.h"
#include "common/ledger/run_folder.h"
#include "tests/support/run_ledger.h"
#include "tests/support/tiny_runs.h"

namespace fedround::testing {
namespace {

using nlohmann::json;

class LedgerOfARun : public TinyRuns {
 protected:
  CommandResult Verify(const std::string& name = "run") const {
    return RunCommand({"fedround", "verify", Out(name)});
  }
  void ExpectVerified(const std::string& name = "run") const {
    const CommandResult verified = Verify(name);
    EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  }
  // A run from its start to its end.
  void ExpectRunVerified(const std::vector<std::string>& overrides, const std::string& name = "run",
                         const std::vector<std::string>& more = {}) const {
    const CommandResult result = RunTiny(overrides, name, more);
    ASSERT_EQ(result.exit_code, 0) << result.out << result.err;
    ExpectVerified(name);
  }
  ledger::AnswerRow LastAnswerOf(ClientId client) const {
    ledger::AnswerRow last;
    const auto ledger = ledger::ReadLedger(Out());
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    for (const ledger::AnswerRow& answer : ledger->answers) {
      if (answer.client == client) last = answer;
    }
    return last;
  }
  // What happened to clients, by the ledger.
  std::set<std::string> Failures() const {
    std::set<std::string> what;
    const auto ledger = ledger::ReadLedger(Out());
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    for (const ledger::FailureRecord& failure : ledger->failures)
      what.insert(std::string(NameOf(failure.what)));
    return what;
  }
};

TEST_F(LedgerOfARun, AddsUp) { ExpectRunVerified({}); }

TEST_F(LedgerOfARun, AddsUpForASingleRound) { ExpectRunVerified({"run.rounds=1"}); }

TEST_F(LedgerOfARun, AddsUpWhereModelsTravelInManySmallMessages) {
  ExpectRunVerified({"limits.chunk_bytes=4096", "model.hidden=[200, 200]"});
}

TEST_F(LedgerOfARun, AddsUpWithFederatedEvaluationAndDropOut) {
  ExpectRunVerified({"evaluation.federated=true", "federation.dropout=0.4"});
}

TEST_F(LedgerOfARun, AddsUpWhereAProcessHostsSeveralClients) {
  ExpectRunVerified({"launch.processes=3", "federation.clients=12", "federation.cohort=7"});
}

TEST_F(LedgerOfARun, AddsUpWithinOneProcess) {
  ExpectRunVerified({"launch.driver=in_process", "evaluation.when=after"});
}

TEST_F(LedgerOfARun, AddsUpForAReplay) {
  ExpectRunVerified({"federation.dropout=0.4"}, "first");
  ExpectRunVerified({}, "second", {"--replay", Out("first")});
  EXPECT_EQ(ModelSha("first"), ModelSha("second"));
}

TEST_F(LedgerOfARun, AddsUpBesideABusyMachine) {
  std::atomic<bool> over{false};
  std::vector<std::thread> others;
  for (unsigned i = 0; i < 2 * std::thread::hardware_concurrency(); ++i) {
    others.emplace_back([&over] {
      while (!over) {
      }
    });
  }
  ExpectRunVerified({"evaluation.federated=true"});
  over = true;
  for (std::thread& other : others) other.join();
}

// ---- runs that something happens to ----

constexpr char kARoundIsOver[] = "\"event\":\"round\"";

// Rounds of some tenths of a second.
std::vector<std::string> Steady(const std::string& rounds) {
  return {"training.epochs=8000", "run.rounds=" + rounds, "launch.slots=8"};
}

TEST_F(LedgerOfARun, AddsUpWithoutAClientThatWasKilled) {
  Command run(Arguments(Steady("3"), "run", {"--format", "json"}));
  ASSERT_TRUE(run.WaitForOutput(kARoundIsOver)) << run.Finish().err;
  SignalClient(run.pid(), "3", SIGKILL);
  const CommandResult result = run.Finish();
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(Failures().count("left"), 1U);
  ExpectVerified();
}

TEST_F(LedgerOfARun, AddsUpWithAClientThatWasKilledAndCameBack) {
  Command run(Arguments(Steady("8"), "run", {"--format", "json"}));
  ASSERT_TRUE(run.WaitForOutput(kARoundIsOver)) << run.Finish().err;
  SignalClient(run.pid(), "3", SIGKILL);
  Command again({"fedround-client", "--endpoint", Out() + "/endpoint.json", "--clients", "3"});
  const CommandResult result = run.Finish();
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_EQ(again.Finish().exit_code, 0);
  EXPECT_EQ(LastAnswerOf(3).round, 8U);
  ExpectVerified();
}

TEST_F(LedgerOfARun, AddsUpUpToTheRoundInWhichTheRunWasStopped) {
  Command run(Arguments(Steady("1000"), "run", {"--format", "json"}));
  ASSERT_TRUE(run.WaitForOutput(kARoundIsOver)) << run.Finish().err;
  run.Signal(SIGTERM);
  const CommandResult result = run.Finish(std::chrono::seconds(20));
  EXPECT_EQ(result.exit_code, 143) << result.out << result.err;
  ExpectVerified();
}

TEST_F(LedgerOfARun, AddsUpAsFarAsItGoesIfTheCoordinatorWasKilled) {
  Command run(Arguments(Steady("1000"), "run", {"--format", "json"}));
  ASSERT_TRUE(run.WaitForOutput(kARoundIsOver)) << run.Finish().err;
  const auto endpoint = ledger::ReadEndpoint(Out());
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();
  kill(static_cast<pid_t>(endpoint->pid), SIGKILL);
  EXPECT_NE(run.Finish(std::chrono::seconds(30)).exit_code, 0);
  ExpectVerified();
}

// ---- what is found ----

TEST_F(LedgerOfARun, ShowsAByteThatIsOnlyOnOneBook) {
  ExpectRunVerified({});
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open((Out() + "/ledger.sqlite").c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database,
                         "UPDATE traffic SET message_bytes_up = message_bytes_up + 1 WHERE "
                         "round = 2 AND connection = (SELECT max(connection) FROM traffic "
                         "WHERE round = 2)",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  EXPECT_EQ(sqlite3_changes(database), 1);
  sqlite3_close(database);
  const CommandResult found = Verify();
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_NE(found.err.find("rounds, round 2: message_bytes_up is "), std::string::npos)
      << found.err;
  EXPECT_NE(found.err.find("difference -1"), std::string::npos) << found.err;
}

TEST_F(LedgerOfARun, IsNotThereIfItIsTurnedOffAndTheModelIsTheSame) {
  ASSERT_EQ(RunTiny({}, "with").exit_code, 0);
  ASSERT_EQ(RunTiny({"ledger.enabled=false"}, "without").exit_code, 0);
  EXPECT_EQ(ModelSha("with"), ModelSha("without"));
  for (const char* name : {"ledger.sqlite", "rounds.csv", "clients.csv", "trace.json"}) {
    EXPECT_TRUE(std::filesystem::exists(Out("with") + "/" + name)) << name;
    EXPECT_FALSE(std::filesystem::exists(Out("without") + "/" + name)) << name;
  }
  const CommandResult nothing = Verify("without");
  EXPECT_EQ(nothing.exit_code, 3);
  EXPECT_NE(nothing.err.find("ledger.enabled = false"), std::string::npos) << nothing.err;
}

TEST_F(LedgerOfARun, IsAPictureWithARowForEachClient) {
  ASSERT_EQ(RunTiny({}).exit_code, 0);
  const json trace = json::parse(Read(Out() + "/trace.json"));
  std::set<std::pair<int, int>> rows;
  std::set<std::string> clients;
  std::set<std::pair<int, int>> drawn_on;
  for (const json& event : trace.at("traceEvents")) {
    const std::pair<int, int> row{event.at("pid"), event.at("tid")};
    if (event.at("ph") == "X") drawn_on.insert(row);
    if (event.at("name") != "thread_name") continue;
    const std::string name = event.at("args").at("name");
    if (!name.starts_with("client ")) continue;
    clients.insert(name);
    rows.insert(row);
  }
  for (int client = 0; client < 8; ++client) {
    EXPECT_TRUE(clients.contains("client " + std::to_string(client)));
  }
  EXPECT_EQ(rows.size(), 8U);
  EXPECT_TRUE(std::ranges::includes(drawn_on, rows));
}

}  // namespace
}  // namespace fedround::testing
