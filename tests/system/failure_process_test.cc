// What can go wrong around whole processes: they are stopped, strangers connect, the disk is full.
#include <sys/mount.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "common/base/exit_code.h"
#include "common/base/hash.h"
#include "common/ledger/run_folder.h"
#include "common/ledger/store/run_reader.h"
#include "common/ledger/store/run_recorder.h"
#include "common/nn/safetensors.h"
#include "tests/support/tiny_runs.h"
#include "tests/system/loopback.h"

namespace fedround::testing {
namespace {

class ProcessFailure : public TinyRuns {
 protected:
  std::vector<std::vector<ClientId>> FoldedSets(const std::string& name = "run") const {
    const auto sets = ledger::ReadFoldedSets(Out(name));
    EXPECT_TRUE(sets.ok()) << sets.status();
    return sets.value_or(std::vector<std::vector<ClientId>>{});
  }
};

TEST_F(ProcessFailure, AClientThatIsResumedTakesPartAgain) {
  constexpr ClientId kStopped = 5;
  const std::vector<std::string> overrides = {"training.epochs=2000", "run.rounds=6",
                                              "federation.deadline_s=2", "launch.slots=8"};
  Command run(Arguments(overrides, "run", {"--format", "json"}));
  ASSERT_TRUE(run.WaitForOutput(kAllJoined)) << run.Finish().err;
  SignalClient(run.pid(), std::to_string(kStopped), SIGSTOP);
  ASSERT_TRUE(run.WaitForOutput("\"what\":\"late\"")) << run.Finish().err;
  SignalClient(run.pid(), std::to_string(kStopped), SIGCONT);
  const CommandResult result = run.Finish();
  ASSERT_EQ(result.exit_code, 0) << result.out << result.err;

  const auto folded = FoldedSets();
  const auto took_part = [&](const std::vector<ClientId>& set) {
    return std::ranges::binary_search(set, kStopped);
  };
  ASSERT_EQ(folded.size(), 6U);
  EXPECT_FALSE(std::ranges::all_of(folded, took_part));
  EXPECT_TRUE(took_part(folded.back()));
  const CommandResult replay =
      RunTiny({"training.epochs=2000", "run.rounds=6", "launch.driver=in_process"}, "replay",
              {"--replay", Out()});
  ASSERT_EQ(replay.exit_code, 0) << replay.out << replay.err;
  EXPECT_EQ(ModelSha("replay"), ModelSha());
}

// Connects until it is told to stop, and holds on to the last few hundred connections.
void Flood(int port, const std::atomic<bool>& stop, std::atomic<int>& connects) {
  std::vector<Fd> held(300);
  for (std::size_t i = 0; !stop; i = (i + 1) % held.size()) {
    held[i] = TcpSocket();
    const sockaddr_in address = Loopback(port);
    if (connect(held[i].get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      continue;
    }
    if (++connects % 2 == 0) send(held[i].get(), "PRI * HTTP/2.0\r\n", 16, MSG_NOSIGNAL);
  }
}

TEST_F(ProcessFailure, AFloodOfConnectsDoesNotChangeARunWithFewDescriptors) {
  const std::vector<std::string> overrides = {"run.rounds=60"};
  Command run(Arguments(overrides, "run", {"--format", "json"}),
              {{RLIMIT_NOFILE, {.rlim_cur = 256, .rlim_max = 256}}});
  ASSERT_TRUE(run.WaitForOutput("\"event\":\"started\"")) << run.Finish().err;
  const auto endpoint = ledger::ReadEndpoint(Out());
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();
  const int port = std::stoi(endpoint->address.substr(endpoint->address.rfind(':') + 1));
  std::atomic<bool> stop = false;
  std::atomic<int> connects = 0;
  std::thread flood([&] { Flood(port, stop, connects); });
  const CommandResult result = run.Finish();
  stop = true;
  flood.join();
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_GT(connects, 500);
  for (const auto& set : FoldedSets()) EXPECT_EQ(set.size(), 8U);
  EXPECT_EQ(ModelSha(), RunExperiment(Tiny(overrides)).model_sha256);
}

// The run has failed for want of room in its folder, and says so; what was committed is there.
void ExpectNoRoom(const CommandResult& result, const std::string& folder) {
  EXPECT_EQ(result.exit_code, exit_code::kRunFailed) << result.out << result.err;
  EXPECT_NE(result.out.find(folder), std::string::npos) << result.out << result.err;
  EXPECT_NE(result.out.find("could not be recorded"), std::string::npos) << result.out;
  const auto folded = ledger::ReadFoldedSets(folder);
  ASSERT_TRUE(folded.ok()) << folded.status();
  EXPECT_FALSE(folded->empty());
  for (const auto& set : *folded) EXPECT_EQ(set.size(), 8U);
}

TEST_F(ProcessFailure, AFileThatMayNotGrowEndsTheRunWithWhatWasCommitted) {
  constexpr rlim_t kLimit = 300'000;
  const CommandResult result = Command(Arguments({"run.rounds=100000"}),
                                       {{RLIMIT_FSIZE, {.rlim_cur = kLimit, .rlim_max = kLimit}}})
                                   .Finish();
  ExpectNoRoom(result, Out());
  const auto status = ledger::ReadRunStatus(Out());
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->outcome, RunOutcome::kFailed);
  EXPECT_EQ(status->rounds_done, FoldedSets().size());
  // The round that could not be recorded has left no trace in the model.
  const auto model = nn::ReadSafetensors(Out() + "/model.safetensors");
  ASSERT_TRUE(model.ok()) << model.status();
  const auto parameters = LaidOutAs(ledger::ReadManifest(Out()).value().tensors, *model);
  ASSERT_TRUE(parameters.ok()) << parameters.status();
  ledger::Database ledger = ledger::OpenLedger(Out()).value();
  const auto rounds = ledger::ReadAll<ledger::RoundRow>(ledger);
  ASSERT_TRUE(rounds.ok()) << rounds.status();
  EXPECT_EQ(Xxh3(std::as_bytes(parameters->span())), rounds->back().model_after);
}

// A file system of its own at `path`.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    std::filesystem::create_directories(path_);
    mounted_ = mount("none", path_.c_str(), "tmpfs", 0, "size=512k") == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }

 private:
  const std::string path_;
  bool mounted_ = false;
};

TEST_F(ProcessFailure, AFullDiskEndsTheRunWithWhatWasCommitted) {
  const SmallDisk disk(Out("disk"));
  // Needs the right to mount; the same with a limit of file sizes in place of a disk needs none,
  // and runs everywhere.
  if (!disk.mounted()) GTEST_SKIP() << "this user may not mount a file system";
  ExpectNoRoom(RunTiny({"run.rounds=100000"}, "disk/run"), Out("disk/run"));
}

}  // namespace
}  // namespace fedround::testing
