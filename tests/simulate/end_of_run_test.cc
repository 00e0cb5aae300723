// What becomes of a commit when a run is stopped, of a model when the next one is served, and of
// reports that come after the last round: seen from a driver, which the coordinator calls on its
// loop at known moments.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client/client_host.h"
#include "common/base/mutex.h"
#include "experiments/simulate/in_process_link.h"
#include "tests/support/run_experiment.h"
#include "tests/support/run_ledger.h"

namespace fedround::testing {
namespace {

using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The in-process driver, which also notes what the coordinator says and keeps back the reports of
// one round until it is told to pass them on.
class WatchedLink : public simulate::InProcessLink {
 public:
  WatchedLink(coordinator::Front& front, std::uint32_t keep_back)
      : InProcessLink(front, std::nullopt), keep_back_(keep_back) {}

  void Send(const Instruction& instruction) override {
    if (instruction.task == TaskKind::kLeave) {
      if (!left_ && on_leave) on_leave();
      left_ = true;
    } else if (models.empty() || models.size() < instruction.round) {
      models.push_back(instruction.model_id);
    }
    if (instruction.round == keep_back_) {
      MutexLock lock(mutex_);
      kept_asks_.insert(instruction.id);
    }
    InProcessLink::Send(instruction);
  }
  void ModelWithdrawn(ModelId model) override { withdrawn.push_back(model); }
  void EndStalled(Nanos step, Nanos limit) override {
    InProcessLink::EndStalled(step, limit);
    if (left_ && on_look) on_look(++looks_);
  }
  std::vector<ledger::TrafficRecord> TakeTraffic(std::uint32_t round) override {
    if (on_traffic) on_traffic(round);
    return InProcessLink::TakeTraffic(round);
  }
  void ReportCost(const TaskCost& cost) override {
    {
      MutexLock lock(mutex_);
      if (!passed_on_ && kept_asks_.contains(cost.ask)) {
        kept_.push_back(cost);
        return;
      }
    }
    InProcessLink::ReportCost(cost);
  }
  void PassOn() {
    std::vector<TaskCost> kept;
    {
      MutexLock lock(mutex_);
      passed_on_ = true;
      kept.swap(kept_);
    }
    for (const TaskCost& cost : kept) InProcessLink::ReportCost(cost);
  }

  // These are called, and the lists are filled, on the coordinator's loop.
  std::function<void(std::uint32_t round)> on_traffic;
  std::function<void()> on_leave;
  // The coordinator has looked for stalled transfers so many times since the clients were told to
  // leave; it looks every quarter of a second.
  std::function<void(int looks)> on_look;
  std::vector<ModelId> models;  // of each round
  std::vector<ModelId> withdrawn;

 private:
  const std::uint32_t keep_back_;
  bool left_ = false;
  int looks_ = 0;
  Mutex mutex_;
  bool passed_on_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<AskId> kept_asks_ ABSL_GUARDED_BY(mutex_);
  std::vector<TaskCost> kept_ ABSL_GUARDED_BY(mutex_);
};

// A run of Tiny(overrides) in a folder of its own, with a WatchedLink.
class EndOfRun : public ::testing::Test {
 protected:
  void Prepare(const std::vector<std::string>& overrides, std::uint32_t keep_back = 0) {
    folder_ = ::testing::TempDir() + "/end_of_run_" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    coordinator_ = coordinator::Coordinator::Create({.experiment = Tiny(overrides),
                                                     .run_id = "test",
                                                     .folder = folder_,
                                                     .on_event =
                                                         [this](const ledger::RunEvent& event) {
                                                           if (on_event_) on_event_(event);
                                                         }})
                       .value();
    link_ = std::make_unique<WatchedLink>(*coordinator_, keep_back);
  }

  ledger::Verdict Run() {
    std::thread clients([this] {
      EXPECT_TRUE(client::RunClientHost(*link_, {.clients = AllClients(), .threads = 1}).ok());
    });
    const ledger::Verdict verdict = coordinator_->Run(*link_);
    link_->Close();
    clients.join();
    return verdict;
  }

  std::vector<ClientId> AllClients() const {
    std::vector<ClientId> all(coordinator_->clients());
    std::iota(all.begin(), all.end(), ClientId{0});
    return all;
  }

  ledger::RunLedger Ledger() const { return ledger::ReadLedger(folder_).value(); }

  // The model that a run of so many rounds ends with.
  static std::string ModelAfter(int rounds) {
    return RunExperiment(Tiny({"run.rounds=" + std::to_string(rounds)})).model_sha256;
  }

  std::string folder_;
  std::function<void(const ledger::RunEvent&)> on_event_;
  std::unique_ptr<coordinator::Coordinator> coordinator_;
  std::unique_ptr<WatchedLink> link_;
};

// ---- the model that is served ----

TEST_F(EndOfRun, EachModelIsWithdrawnWhenTheNextIsServed) {
  Prepare({});
  EXPECT_EQ(Run().outcome, RunOutcome::kDone);
  EXPECT_THAT(link_->models, SizeIs(4));
  EXPECT_THAT(link_->withdrawn, ElementsAreArray(link_->models));
}

// Its clients may still be fetching it for the next round.
TEST_F(EndOfRun, AModelThatARoundLeavesAsItWasIsNotWithdrawn) {
  Prepare({"training.epochs=0"});
  EXPECT_EQ(Run().outcome, RunOutcome::kDone);
  EXPECT_THAT(Ledger().answers, SizeIs(4 * 8));  // it is the mean of all that changes nothing
  EXPECT_THAT(link_->withdrawn, IsEmpty());
}

// ---- a commit that is under way when the run is stopped ----

// The loop shows round 1, whose costs were kept back, just before it hands the commit of round 2 to
// the worker. So it hears of the stop before it hears that the next model is prepared.
TEST_F(EndOfRun, ACommitThatIsBeingPreparedIsCancelledByAStop) {
  Prepare({"evaluation.every=0"}, /*keep_back=*/1);
  on_event_ = [this](const ledger::RunEvent& event) {
    const auto* round = std::get_if<ledger::event::Round>(&event);
    if (round == nullptr || round->round != 1) return;
    coordinator_->Stop("enough", 130);
    link_->PassOn();
  };
  const ledger::Verdict verdict = Run();
  EXPECT_EQ(verdict.outcome, RunOutcome::kStopped) << verdict.message;
  EXPECT_EQ(coordinator_->rounds_done(), 1U);
  EXPECT_THAT(Ledger().rounds, SizeIs(1));
  EXPECT_EQ(coordinator_->model_sha256(), ModelAfter(1));
}

// What has moved is read after the model was prepared, just before the round's transaction.
TEST_F(EndOfRun, ACommitThatReachesTheLedgerCountsThoughTheRunIsStopped) {
  Prepare({});
  link_->on_traffic = [this](std::uint32_t round) {
    if (round == 2) coordinator_->Stop("enough", 130);
  };
  const ledger::Verdict verdict = Run();
  EXPECT_EQ(verdict.outcome, RunOutcome::kStopped) << verdict.message;
  EXPECT_EQ(coordinator_->rounds_done(), 2U);
  EXPECT_THAT(Ledger().rounds, SizeIs(2));
  EXPECT_EQ(coordinator_->model_sha256(), ModelAfter(2));
}

// ---- reports that come after the last round ----

// Longer than those of clients that have left, or of a run that was stopped.
TEST_F(EndOfRun, ReportsOfClientsThatStayAreWaitedForForSeconds) {
  Prepare({}, /*keep_back=*/4);
  link_->on_look = [this](int looks) {
    if (looks == 10) link_->PassOn();
  };
  EXPECT_EQ(Run().outcome, RunOutcome::kDone);
  EXPECT_THAT(Ledger().failures, IsEmpty());
  EXPECT_THAT(Ledger().tasks, SizeIs(4 * 8));
}

TEST_F(EndOfRun, ReportsOfClientsThatHaveLeftAreWaitedForBriefly) {
  Prepare({}, /*keep_back=*/4);
  link_->on_leave = [this] { coordinator_->Leave(AllClients(), "it was told to"); };
  link_->on_look = [this](int looks) {
    if (looks == 2) link_->PassOn();
  };
  EXPECT_EQ(Run().outcome, RunOutcome::kDone);
  EXPECT_THAT(Ledger().failures, IsEmpty());
  EXPECT_THAT(Ledger().tasks, SizeIs(4 * 8));
}

TEST_F(EndOfRun, ReportsThatDoNotComeAreFailuresAndDoNotHoldUpTheEnd) {
  Prepare({}, /*keep_back=*/4);
  link_->on_leave = [this] { coordinator_->Leave(AllClients(), "it was told to"); };
  EXPECT_EQ(Run().outcome, RunOutcome::kDone);
  const ledger::RunLedger run = Ledger();
  EXPECT_THAT(run.tasks, SizeIs(3 * 8));
  ASSERT_THAT(run.failures, SizeIs(8));
  for (const ledger::FailureRecord& failure : run.failures) {
    EXPECT_EQ(failure.what, FailureKind::kUnreported);
    EXPECT_EQ(failure.round, 4U);
  }
}

}  // namespace
}  // namespace fedround::testing
