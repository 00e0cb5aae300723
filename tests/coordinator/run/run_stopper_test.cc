#include "coordinator/run/run_stopper.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <functional>
#include <initializer_list>
#include <memory>
#include <utility>

#include "common/base/mutex.h"
#include "common/config/experiment.h"

namespace fedround::coordinator {
namespace {

constexpr int kInterrupted = 128 + SIGINT;

// A clock that moves only when it is told to, and knows how often it has been read.
class HandClock {
 public:
  Nanos Read() {
    MutexLock lock(mutex_);
    ++reads_;
    changed_.NotifyAll();
    return now_;
  }
  void Advance(Nanos by) {
    MutexLock lock(mutex_);
    now_ += by;
  }
  void AwaitReads(int count) {
    MutexLock lock(mutex_);
    while (reads_ < count) changed_.Wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  Nanos now_ ABSL_GUARDED_BY(mutex_) = kNanosPerSecond;
  int reads_ ABSL_GUARDED_BY(mutex_) = 0;
};

class NoClients : public ClientGateway {
 public:
  void Send(const Instruction& /*instruction*/) override {}
};

std::unique_ptr<Coordinator> TinyCoordinator() {
  auto experiment = ParseExperimentToml(
      "data.name = {name = \"blobs\", classes = 2, features = 3, train = 16, test = 8}\n"
      "federation.clients = 2",
      "it.toml", {});
  return Coordinator::Create({.experiment = *std::move(experiment), .run_id = "test"}).value();
}

// Sends this process a signal and, after each of `delays`, another one; none is sent before the
// stopper has seen the one before it. Then ends the process with exit code 0, unless the stopper
// has ended it.
[[noreturn]] void InterruptAndEnd(std::initializer_list<Nanos> delays) {
  SignalFd signals({SIGINT, SIGTERM});
  HandClock clock;
  {
    const std::unique_ptr<Coordinator> coordinator = TinyCoordinator();
    RunStopper stopper(
        signals, [](const auto&) {}, [&clock] { return clock.Read(); });
    stopper.Begin(*coordinator);
    int sent = 1;
    kill(getpid(), SIGINT);
    clock.AwaitReads(sent);
    for (const Nanos delay : delays) {
      clock.Advance(delay);
      kill(getpid(), SIGINT);
      clock.AwaitReads(++sent);
    }
    stopper.End();  // the last one has been dealt with
  }
  _exit(0);
}

TEST(RunStopper, TheFirstSignalStopsTheRunInOrder) {
  SignalFd signals({SIGINT, SIGTERM});
  const std::unique_ptr<Coordinator> coordinator = TinyCoordinator();
  RunStopper stopper(signals, [](const auto&) {});
  stopper.Begin(*coordinator);
  kill(getpid(), SIGTERM);
  NoClients gateway;
  const ledger::Verdict verdict = coordinator->Run(gateway);
  stopper.End();
  EXPECT_EQ(verdict.outcome, RunOutcome::kStopped);
  EXPECT_EQ(verdict.message, "terminated");
  EXPECT_EQ(verdict.exit_code, 128 + SIGTERM);
}

TEST(RunStopper, SignalsSoonAfterTheFirstAreTheSameStop) {
  EXPECT_EXIT(InterruptAndEnd({kSameStop / 2, kSameStop / 2 - 1}), testing::ExitedWithCode(0), "");
}

TEST(RunStopper, ALaterSignalEndsTheProcessAtOnce) {
  EXPECT_EXIT(InterruptAndEnd({kSameStop}), testing::ExitedWithCode(kInterrupted), "");
}

// Otherwise whoever presses Ctrl-C again and again would never get through.
TEST(RunStopper, TheTimeCountsFromTheFirstSignal) {
  EXPECT_EXIT(InterruptAndEnd({kSameStop / 2, kSameStop / 2}),
              testing::ExitedWithCode(kInterrupted), "");
}

TEST(RunStopper, ASignalBeforeTheRunBeginsAbandonsIt) {
  EXPECT_EXIT(
      {
        SignalFd signals({SIGINT, SIGTERM});
        RunStopper stopper(signals, [](const ledger::Verdict& verdict) {
          const bool told = verdict.outcome == RunOutcome::kStopped &&
                            verdict.exit_code == kInterrupted &&
                            verdict.message == "interrupted before the run began";
          if (!told) _exit(1);
        });
        kill(getpid(), SIGINT);
        while (true) pause();
      },
      testing::ExitedWithCode(kInterrupted), "");
}

}  // namespace
}  // namespace fedround::coordinator
