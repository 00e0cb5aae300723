// The launcher against shell scripts that play coordinator and client badly.
#include "experiments/launch/local_launcher.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/base/io/file.h"

namespace fedround::launch {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kPatienceMs = 10'000;
constexpr char kStarted[] =
    R"(echo '{"event":"started","run_id":"r","rounds":1,"clients":2,"parameters":3,"message":""}')";
constexpr char kDone[] =
    R"(echo '{"outcome":"done","message":"","exit_code":0,"rounds_done":1,"model_sha256":""}' > "$4/status.json")";
constexpr char kFinished[] =
    R"(echo '{"event":"finished","outcome":"done","message":"","exit_code":0,"rounds_done":1,"model_sha256":"","cpu_s":0,"peak_rss_bytes":0}')";
// Take a moment to stop when they are asked to, or longer.
constexpr char kStopsInOrder[] =
    R"(trap 'sleep 0.2; echo "{\"outcome\":\"stopped\",\"message\":\"in order\",\"exit_code\":130,\"rounds_done\":0,\"model_sha256\":\"\"}" > "$4/status.json"; exit 130' INT)";
constexpr char kStopsSlowly[] =
    R"(trap 'sleep 2; echo "{\"outcome\":\"stopped\",\"message\":\"in order\",\"exit_code\":130,\"rounds_done\":0,\"model_sha256\":\"\"}" > "$4/status.json"; exit 130' INT)";
// Ends when the run's status appears, as a client that is told to leave.
constexpr char kGoodClient[] = R"(until [ -e "$(dirname "$2")/status.json" ]; do sleep 0.01; done)";

// A run folder and the two programs of a test.
class LocalLauncherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/launch.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    options_.coordinator_program = folder_ + "/coordinator.sh";
    options_.client_program = folder_ + "/client.sh";
    options_.leave_grace = 100 * kNanosPerMilli;
    options_.stop_grace = 100 * kNanosPerMilli;
    options_.terminate_grace = 100 * kNanosPerMilli;
    spec_ = {.folder = folder_, .command = {"fedround", "run"}, .replay = "", .hosts = {{0}, {1}}};
    observer_ = {.on_event = [this](const ledger::RunEvent&,
                                    absl::string_view line) { lines_.emplace_back(line); },
                 .on_death = [this](const ProcessDeath& death) { told_.push_back(death.name); }};
  }

  // Launches with these as bodies of the scripts.
  LaunchReport Launch(const std::string& coordinator, const std::string& client) {
    WriteScript(options_.coordinator_program, coordinator);
    WriteScript(options_.client_program, client);
    absl::StatusOr<LaunchReport> report = LocalLauncher(options_).Launch(spec_, observer_);
    EXPECT_TRUE(report.ok()) << report.status();
    return *std::move(report);
  }

  static void WriteScript(const std::string& path, const std::string& body) {
    ASSERT_TRUE(WriteFileAtomically(path, absl::StrCat("#!/bin/sh\n", body, "\n"), 0755).ok());
  }

  // Whether the process whose id a script left in `name` has ended, or does so soon.
  bool Ends(const std::string& name) {
    const absl::StatusOr<std::string> text = ReadFile(absl::StrCat(folder_, "/", name));
    int pid = 0;
    EXPECT_TRUE(text.ok() && absl::SimpleAtoi(absl::StripSuffix(*text, "\n"), &pid)) << name;
    const Fd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    pollfd wait = {process.get(), POLLIN, 0};
    return !process.valid() || poll(&wait, 1, kPatienceMs) == 1;
  }

  std::string folder_;
  LocalLauncherOptions options_;
  LaunchSpec spec_;
  LaunchObserver observer_;
  std::vector<std::string> lines_;
  std::vector<std::string> told_;
};

std::string Script(std::initializer_list<absl::string_view> lines) {
  return absl::StrJoin(lines, "\n");
}

TEST_F(LocalLauncherTest, ReturnsTheVerdictOfTheStatusFile) {
  const LaunchReport report = Launch(
      R"(echo '{"outcome":"failed","message":"few","exit_code":4,"rounds_done":0,"model_sha256":""}' > "$4/status.json")",
      kGoodClient);
  EXPECT_EQ(report.verdict.exit_code, 4);
}

TEST_F(LocalLauncherTest, PassesEventsOn) {
  Launch(Script({kStarted, kDone}), kGoodClient);
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("\"started\"")));
}

TEST_F(LocalLauncherTest, PassesOverOutputThatIsNoEvent) {
  Launch(Script({"echo hello", kDone}), kGoodClient);
  EXPECT_THAT(lines_, IsEmpty());
}

TEST_F(LocalLauncherTest, TellsTheCoordinatorWhatStartedTheRun) {
  Launch(Script({R"(echo "$@" > "$4/arguments")", kDone}), kGoodClient);
  EXPECT_THAT(ReadFile(folder_ + "/arguments").value(), HasSubstr("-- fedround run\n"));
}

TEST_F(LocalLauncherTest, GivesEachHostItsClients) {
  spec_.hosts = {{0, 1, 2}};
  Launch(Script({kStarted, R"(until [ -s "$4/ids" ]; do sleep 0.01; done)", kDone}),
         Script({R"(echo "$4" > "$(dirname "$2")/ids")", kGoodClient}));
  EXPECT_EQ(ReadFile(folder_ + "/ids").value(), "0-2\n");
}

TEST_F(LocalLauncherTest, StartsTheExperimentsOwnClientsIfItNamesThem) {
  WriteScript(folder_ + "/mine.sh",
              Script({R"(echo "$@" > "$(dirname "$1")/said")",
                      R"(until [ -e "$(dirname "$1")/status.json" ]; do sleep 0.01; done)"}));
  spec_.hosts = {{0, 1}};
  spec_.client_command = {folder_ + "/mine.sh", "{endpoint}", "ids={clients}/{clients}"};
  Launch(Script({kStarted, R"(until [ -s "$4/said" ]; do sleep 0.01; done)", kDone}), "exit 9");
  EXPECT_EQ(ReadFile(folder_ + "/said").value(), folder_ + "/endpoint.json ids=0-1/0-1\n");
}

TEST_F(LocalLauncherTest, StartsNothingIfTheExperimentsClientsAreNotThere) {
  WriteScript(options_.coordinator_program, "touch \"$4/started\"");
  spec_.client_command = {"no-such-program", "{endpoint}", "{clients}"};
  const auto report = LocalLauncher(options_).Launch(spec_, observer_);
  EXPECT_TRUE(absl::IsNotFound(report.status())) << report.status();
  EXPECT_EQ(report.status().message(),
            "launch.client_command: no-such-program: there is no such program in PATH");
  EXPECT_FALSE(FileExists(folder_ + "/started"));
}

TEST_F(LocalLauncherTest, KeepsStandardErrorInTheLog) {
  const LaunchReport report = Launch(Script({"echo oops >&2", kDone}), kGoodClient);
  EXPECT_EQ(ReadFile(report.coordinator.log).value(), "oops\n");
}

TEST_F(LocalLauncherTest, FailsTheRunOfACrashedCoordinator) {
  EXPECT_EQ(Launch("kill -SEGV $$", kGoodClient).verdict.exit_code, 1);
}

TEST_F(LocalLauncherTest, TakesItsExitCodeFromACoordinatorWithoutMemory) {
  EXPECT_EQ(Launch("exit 7", kGoodClient).verdict.exit_code, 7);
}

TEST_F(LocalLauncherTest, ShowsTheLastWordsOfACrashedCoordinator) {
  const LaunchReport report = Launch("echo bad thing >&2; kill -SEGV $$", kGoodClient);
  ASSERT_TRUE(report.crash.has_value());
  EXPECT_THAT(report.crash->last_lines, ElementsAre("bad thing"));
}

TEST_F(LocalLauncherTest, DoesNotTakeAnEarlierVerdictForThisOne) {
  ASSERT_TRUE(WriteFileAtomically(folder_ + "/status.json",
                                  R"({"outcome":"done","message":"","exit_code":0,)"
                                  R"("rounds_done":1,"model_sha256":""})")
                  .ok());
  EXPECT_EQ(Launch("exit 0", kGoodClient).verdict.exit_code, 1);
}

TEST_F(LocalLauncherTest, TellsTheCoordinatorWhoWillNotJoin) {
  spec_.hosts = {{0, 1, 4}};
  Launch(Script({R"(read line; echo "$line" > "$4/gone")", kDone}), "exit 7");
  EXPECT_EQ(ReadFile(folder_ + "/gone").value(), "gone 0-1,4\n");
}

// More than its input holds: it reads only after all of them are known to have ended.
TEST_F(LocalLauncherTest, TellsASlowCoordinatorOfAllWhoWillNotJoin) {
  spec_.hosts.clear();
  for (ClientId client = 0; client < 400; ++client) spec_.hosts.push_back({client});
  observer_.on_death = [this](const ProcessDeath& death) {
    told_.push_back(death.name);
    if (told_.size() < spec_.hosts.size()) return;
    ASSERT_TRUE(WriteFileAtomically(folder_ + "/all_ended", "").ok());
  };
  Launch(Script({R"(until [ -e "$4/all_ended" ]; do sleep 0.01; done)",
                 R"(timeout 10 head -n 400 | sort -u | wc -l > "$4/gone")", kDone}),
         "kill -KILL $$");
  EXPECT_EQ(ReadFile(folder_ + "/gone").value(), "400\n");
}

TEST_F(LocalLauncherTest, TheCoordinatorInheritsTheFoldersLock) {
  const Fd lock(open((folder_ + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  spec_.lock_fd = lock.get();
  Launch(Script({R"(readlink "/proc/$$/fd/${11}" > "$4/inherited")", kDone}), kGoodClient);
  EXPECT_THAT(ReadFile(folder_ + "/inherited").value(), EndsWith("/lock\n"));
}

TEST_F(LocalLauncherTest, ReportsAClientThatDiesEarly) {
  const LaunchReport report = Launch(
      Script({kStarted, R"(until [ -e "$4/killed" ]; do sleep 0.01; done)", kDone}),
      Script(
          {R"(if [ "$4" = 1 ]; then echo no data >&2; touch "$(dirname "$2")/killed"; kill -KILL $$; fi)",
           kGoodClient}));
  ASSERT_THAT(report.deaths, SizeIs(1));
  EXPECT_EQ(report.deaths[0].name, "client-1");
  EXPECT_EQ(report.deaths[0].how, "killed by signal 9 (Killed)");
  EXPECT_THAT(report.deaths[0].last_lines, ElementsAre("no data"));
}

TEST_F(LocalLauncherTest, TellsOfADeathWhileTheRunGoesOn) {
  // The coordinator ends only after the death must have been told.
  observer_.on_death = [this](const ProcessDeath& death) {
    told_.push_back(death.name);
    ASSERT_TRUE(WriteFileAtomically(folder_ + "/told", "").ok());
  };
  Launch(Script({kStarted, R"(until [ -e "$4/told" ]; do sleep 0.01; done)", kDone}),
         Script({R"(if [ "$4" = 0 ]; then exit 7; fi)", kGoodClient}));
  EXPECT_THAT(told_, ElementsAre("client-0"));
}

TEST_F(LocalLauncherTest, DoesNotBlameClientsForACrashedCoordinator) {
  options_.leave_grace = 500 * kNanosPerMilli;  // long enough to blame the first client
  const LaunchReport report = Launch(
      Script({kStarted, R"(until [ -e "$4/gone" ]; do sleep 0.01; done)", "kill -SEGV $$"}),
      Script({R"(if [ "$4" = 0 ]; then touch "$(dirname "$2")/gone"; exit 7; fi)", kGoodClient}));
  EXPECT_THAT(report.deaths, IsEmpty());
}

TEST_F(LocalLauncherTest, EndsAClientThatDoesNotLeave) {
  Launch(
      Script({kStarted, R"(until [ -e "$4/pid" ]; do sleep 0.01; done)", kDone, kFinished}),
      R"(trap '' TERM; echo $$ > "$(dirname "$2")/pid.$$"; mv "$(dirname "$2")/pid.$$" "$(dirname "$2")/pid"; while :; do sleep 0.01; done)");
  EXPECT_TRUE(Ends("pid"));
}

TEST_F(LocalLauncherTest, EndsACoordinatorThatHangsAfterItsVerdict) {
  const LaunchReport report =
      Launch(Script({kStarted, kDone, kFinished, "trap '' TERM; while :; do sleep 0.01; done"}),
             kGoodClient);
  EXPECT_EQ(report.coordinator.exit_code, 128 + SIGKILL);
  EXPECT_EQ(report.verdict.exit_code, 0);
}

TEST_F(LocalLauncherTest, EndsWhatAProcessLeavesBehind) {
  Launch(Script({R"(sleep 1000 & echo $! > "$4/left")", kDone}), kGoodClient);
  EXPECT_TRUE(Ends("left"));
}

TEST_F(LocalLauncherTest, PassesASignalOnToTheCoordinator) {
  observer_.on_event = [](const ledger::RunEvent&, absl::string_view) { kill(getpid(), SIGINT); };
  options_.stop_grace = 10 * kNanosPerSecond;
  const LaunchReport report = Launch(
      Script(
          {R"(trap 'echo "{\"outcome\":\"stopped\",\"message\":\"in order\",\"exit_code\":130,\"rounds_done\":0,\"model_sha256\":\"\"}" > "$4/status.json"; exit 130' INT)",
           kStarted, "while :; do sleep 0.01; done"}),
      kGoodClient);
  EXPECT_EQ(report.verdict.message, "in order");
}

TEST_F(LocalLauncherTest, TwoSignalsInARowAskForTheSameStop) {
  observer_.on_event = [](const ledger::RunEvent&, absl::string_view) {
    kill(getpid(), SIGINT);
    kill(getpid(), SIGTERM);  // two of a kind would be one while they wait
  };
  options_.stop_grace = 10 * kNanosPerSecond;
  const LaunchReport report =
      Launch(Script({kStopsInOrder, kStarted, "while :; do sleep 0.01; done"}), kGoodClient);
  EXPECT_EQ(report.verdict.message, "in order");
}

TEST_F(LocalLauncherTest, ASignalLaterThanTheSameStopEndsEverythingAtOnce) {
  observer_.on_event = [](const ledger::RunEvent&, absl::string_view) {
    kill(getpid(), SIGINT);
    kill(getpid(), SIGTERM);
  };
  options_.same_stop = 0;
  options_.stop_grace = 10 * kNanosPerSecond;
  const LaunchReport report =
      Launch(Script({kStopsSlowly, kStarted, "while :; do sleep 0.01; done"}), kGoodClient);
  EXPECT_EQ(report.verdict.message, "the coordinator did not stop in time");
  EXPECT_EQ(report.coordinator.exit_code, 128 + SIGKILL);
}

// As in the background of a script: what is ignored cannot be trapped.
TEST_F(LocalLauncherTest, StopsACoordinatorThoughSigintIsIgnoredHere) {
  const auto before = std::signal(SIGINT, SIG_IGN);
  observer_.on_event = [](const ledger::RunEvent&, absl::string_view) { kill(getpid(), SIGINT); };
  options_.stop_grace = 10 * kNanosPerSecond;
  const LaunchReport report =
      Launch(Script({kStopsInOrder, kStarted, "while :; do sleep 0.01; done"}), kGoodClient);
  std::signal(SIGINT, before);
  EXPECT_EQ(report.verdict.message, "in order");
}

TEST_F(LocalLauncherTest, DoesNotWaitForACoordinatorThatIgnoresSignals) {
  observer_.on_event = [](const ledger::RunEvent&, absl::string_view) { kill(getpid(), SIGTERM); };
  const LaunchReport report =
      Launch(Script({"trap '' TERM", kStarted, "while :; do sleep 0.01; done"}), kGoodClient);
  EXPECT_EQ(report.verdict.exit_code, 128 + SIGTERM);
}

TEST_F(LocalLauncherTest, NamesAMissingProgram) {
  WriteScript(options_.coordinator_program, kDone);
  options_.client_program = folder_ + "/no-such-program";
  const absl::StatusOr<LaunchReport> report = LocalLauncher(options_).Launch(spec_, observer_);
  EXPECT_THAT(std::string(report.status().message()), HasSubstr("no-such-program: No such file"));
}

TEST_F(LocalLauncherTest, MeasuresItsProcesses) {
  EXPECT_GT(Launch(kDone, kGoodClient).hosts[0].peak_rss_bytes, 0u);
}

}  // namespace
}  // namespace fedround::launch
