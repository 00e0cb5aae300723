// Clients that work like any other, except for one thing that a test makes them do wrong.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "client/client_host.h"
#include "client/coordinator_link.h"
#include "common/base/mutex.h"
#include "common/ledger/store/run_recorder.h"
#include "tests/system/loopback.h"
#include "tests/system/rpc_federation.h"

namespace fedround::testing {

// Passes every call on. Tests override the one that matters to them.
class ForwardingLink : public client::CoordinatorLink {
 public:
  explicit ForwardingLink(const RpcFederation& federation) : to_(federation.link()) {}

  absl::StatusOr<Welcome> Join(const JoinRequest& request) override { return to_.Join(request); }
  absl::StatusOr<Instruction> NextInstruction() override { return to_.NextInstruction(); }
  absl::StatusOr<client::TransferCost> FetchModel(const Instruction& instruction,
                                                  std::span<float> model) override {
    {
      MutexLock lock(mutex_);
      rounds_[instruction.id] = instruction.round;
    }
    return to_.FetchModel(instruction, model);
  }
  absl::StatusOr<client::TransferCost> Submit(const UpdateHeader& header,
                                              std::span<const std::byte> payload,
                                              const std::function<void()>& on_credit) override {
    return to_.Submit(header, payload, on_credit);
  }
  void ReportCost(const TaskCost& cost) override { to_.ReportCost(cost); }
  bool FlushReports() override { return to_.FlushReports(); }

 protected:
  // That asked for this answer, whose model was fetched through this link.
  std::uint32_t RoundOf(const UpdateHeader& header) const {
    MutexLock lock(mutex_);
    return rounds_.at(header.ask);
  }

 private:
  client::GrpcCoordinatorLink to_;
  mutable Mutex mutex_;
  std::map<AskId, std::uint32_t> rounds_ ABSL_GUARDED_BY(mutex_);
};

// A host process, as a thread.
class HostThread {
 public:
  HostThread(RpcFederation& federation, client::CoordinatorLink& link,
             std::vector<ClientId> clients)
      : federation_(federation), thread_([&link, clients = std::move(clients)] {
          const auto left = client::RunClientHost(link, {.clients = clients, .threads = 1});
          EXPECT_TRUE(left.ok()) << left.status();
        }) {}
  // Does not wait for a run that a failed test has left.
  ~HostThread() {
    federation_.coordinator().Stop("the test is over", 1);
    thread_.join();
  }

 private:
  RpcFederation& federation_;
  std::thread thread_;
};

// Keeps rounds open: updates that pass here wait until the test is done with their round.
class RoundGate {
 public:
  // Blocks until Open(round), and not for ever.
  void Pass(std::uint32_t round) {
    MutexLock lock(mutex_);
    arrived_ = std::max(arrived_, round);
    changed_.NotifyAll();
    while (opened_ < round) {
      if (!changed_.WaitFor(mutex_, kPatience)) return;
    }
  }
  // Until an update of `round` waits here.
  bool WaitFor(std::uint32_t round) {
    MutexLock lock(mutex_);
    while (arrived_ < round) {
      if (!changed_.WaitFor(mutex_, kPatience)) return false;
    }
    return true;
  }
  void Open(std::uint32_t round) {
    MutexLock lock(mutex_);
    opened_ = std::max(opened_, round);
    changed_.NotifyAll();
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::uint32_t arrived_ ABSL_GUARDED_BY(mutex_) = 0;
  std::uint32_t opened_ ABSL_GUARDED_BY(mutex_) = 0;
};

class GatedLink final : public ForwardingLink {
 public:
  GatedLink(const RpcFederation& federation, RoundGate& gate)
      : ForwardingLink(federation), gate_(gate) {}

  absl::StatusOr<client::TransferCost> Submit(const UpdateHeader& header,
                                              std::span<const std::byte> payload,
                                              const std::function<void()>& on_credit) override {
    gate_.Pass(RoundOf(header));
    return ForwardingLink::Submit(header, payload, on_credit);
  }

 private:
  RoundGate& gate_;
};

// An empty folder for the running test.
inline std::string FreshFolder() {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  const std::string folder = ::testing::TempDir() + test->test_suite_name() + "_" + test->name();
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

// What every failure must leave: a verdict, the model of the sets that the ledger names, and an
// intake that holds nothing. Returns the folded sets.
inline std::vector<std::vector<ClientId>> ExpectWhole(RpcFederation& federation,
                                                      const std::vector<std::string>& overrides,
                                                      const std::string& folder) {
  const ledger::Verdict verdict = federation.Wait();
  EXPECT_EQ(verdict.outcome, RunOutcome::kDone) << verdict.message;
  const auto folded = ledger::ReadFoldedSets(folder);
  EXPECT_TRUE(folded.ok()) << folded.status();
  if (!folded.ok()) return {};
  EXPECT_EQ(federation.coordinator().model_sha256(),
            RunExperiment(Tiny(overrides), {}, "", *folded).model_sha256);
  const auto holdings = federation.coordinator().intake().holdings();
  EXPECT_EQ(holdings.uploads, 0U);
  EXPECT_EQ(holdings.granted_bytes, 0U);
  return *folded;
}

// What each is of: a path, "socket:[...]", "anon_inode:[eventfd]".
inline std::vector<std::string> OpenDescriptors() {
  std::vector<std::string> open;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the one that lists them
    open.push_back(std::filesystem::read_symlink(entry, gone).string());
  }
  return open;
}

// Sees at its end that no more descriptors are open than at its beginning.
class DescriptorsReturned {
 public:
  DescriptorsReturned() {
    // What gRPC opens once and keeps.
    { const RpcFederation warm({"federation.clients=1"}); }
    before_ = OpenDescriptors();
  }
  ~DescriptorsReturned() {
    EXPECT_TRUE(Eventually([&] { return OpenDescriptors().size() <= before_.size(); }))
        << "open are\n"
        << absl::StrJoin(OpenDescriptors(), "\n") << "\nwere\n"
        << absl::StrJoin(before_, "\n");
  }

 private:
  std::vector<std::string> before_;
};

}  // namespace fedround::testing
