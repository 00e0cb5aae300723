// Looks at what only a driver sees, from a place between the coordinator and its clients.
#pragma once

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "client/client_host.h"
#include "common/base/cpu/simd.h"
#include "common/base/mutex.h"
#include "common/base/named_enum.h"
#include "common/base/slots/compute_slot.h"
#include "common/config/specs.h"
#include "experiments/simulate/in_process_link.h"
#include "tests/system/keys/look.h"

namespace fedround::testing {

inline std::unique_ptr<coordinator::Coordinator> CoordinatorOf(const Overrides& overrides) {
  return coordinator::Coordinator::Create({.experiment = Tiny(overrides),
                                           .run_id = "test",
                                           .on_event = [](const ledger::RunEvent&) {}})
      .value();
}

// Notes what both sides tell their driver.
class NotingLink : public simulate::InProcessLink {
 public:
  explicit NotingLink(coordinator::Coordinator& coordinator)
      : InProcessLink(coordinator, std::nullopt) {}

  void EndStalledAfter(Nanos limit) override { client_stall = limit; }
  void EndStalled(Nanos /*step*/, Nanos limit) override { coordinator_stall = limit; }
  absl::StatusOr<client::TransferCost> Submit(const UpdateHeader& header,
                                              std::span<const std::byte> payload,
                                              const std::function<void()>& on_credit) override {
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof(cores), &cores) == 0) trained_on = CPU_COUNT(&cores);
    return InProcessLink::Submit(header, payload, on_credit);
  }

  std::atomic<Nanos> client_stall = 0;
  std::atomic<Nanos> coordinator_stall = 0;
  std::atomic<int> trained_on = 0;  // cores that a client's thread may use once it has trained
};

// Runs to the end; returns what was noted.
inline std::unique_ptr<NotingLink> RunNoting(coordinator::Coordinator& coordinator) {
  auto link = std::make_unique<NotingLink>(coordinator);
  client::HostOptions host{
      .clients = std::vector<ClientId>(coordinator.experiment().federation.clients), .threads = 1};
  std::iota(host.clients.begin(), host.clients.end(), ClientId{0});
  std::thread clients([&] { EXPECT_TRUE(client::RunClientHost(*link, host).ok()); });
  EXPECT_EQ(coordinator.Run(*link).outcome, RunOutcome::kDone);
  link->Close();
  clients.join();
  return link;
}

inline std::string StallLimits(const Overrides& overrides) {
  const auto coordinator = CoordinatorOf(overrides);
  const auto link = RunNoting(*coordinator);
  EXPECT_EQ(link->client_stall.load(), link->coordinator_stall.load());
  return absl::StrCat(link->client_stall.load());
}

inline std::string CoresOfAClient(const Overrides& overrides) {
  const auto coordinator = CoordinatorOf(overrides);
  return absl::StrCat(RunNoting(*coordinator)->trained_on.load(), " cores");
}

// How a run ends while another run on the same machine holds slot 0 for longer than a round may
// take.
inline std::string EndingWithoutSlotZero(const Overrides& overrides) {
  const std::atomic<bool> never = false;
  const auto slots = ComputeSlots::Open({.count = 1, .run_id = "another"});
  const auto slot = slots.Take(never);
  EXPECT_TRUE(slot.ok()) << slot.status();
  return Ending(overrides);
}

// A driver without real clients, which notes what clients are asked.
class AskedClients : public coordinator::ClientGateway {
 public:
  void Send(const Instruction& instruction) override {
    MutexLock lock(mutex_);
    asked_.push_back(instruction);
    changed_.NotifyAll();
  }
  void Flush() override {}
  std::vector<ledger::TrafficRecord> TakeTraffic(std::uint32_t) override { return {}; }
  std::vector<ledger::ConnectionRecord> Connections() override { return {}; }
  void Close() override {}

  // Waits until that many have been asked.
  std::vector<Instruction> Asked(std::size_t count) {
    MutexLock lock(mutex_);
    while (asked_.size() < count) changed_.Wait(mutex_);
    return asked_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<Instruction> asked_ ABSL_GUARDED_BY(mutex_);
};

// How many of two clients may upload at the same time.
inline std::string UploadsAtATime(const Overrides& overrides) {
  const auto coordinator = CoordinatorOf(With(overrides, "federation.clients=2"));
  AskedClients clients;
  std::thread run([&] { coordinator->Run(clients); });
  const auto welcome = coordinator->Admit({.host = "here",
                                           .build = FEDROUND_VERSION,
                                           .simd = std::string(NameOf(BestSimdLevel())),
                                           .clients = {0, 1}});
  EXPECT_TRUE(welcome.ok()) << welcome.status();
  coordinator->Connected({0, 1});
  int let_in = 0;
  for (const Instruction& asked : clients.Asked(2)) {
    const std::uint64_t elements = ParameterCount(coordinator->tensors());
    const UpdateHeader header{.run_id = "test",
                              .incarnation = welcome->incarnation,
                              .ask = asked.id,
                              .client = asked.client,
                              .model_id = asked.model_id,
                              .sections = {{std::string(kUpdateSection), std::string(kFloat32Codec),
                                            elements, elements * sizeof(float)}},
                              .weight = 1};
    const auto offer = coordinator->intake().Offer(
        header, [&let_in] { ++let_in; }, [](const absl::Status&) {});
    EXPECT_TRUE(offer.ok()) << offer.status();
  }
  const std::string seen = absl::StrCat(let_in, " at a time");
  coordinator->Stop("seen enough", 1);
  run.join();
  return seen;
}

// Whether a run that nobody joins begins without them soon.
inline std::string PatienceBeforeRoundOne(const Overrides& overrides) {
  const auto coordinator = CoordinatorOf(overrides);
  AskedClients nobody;
  const Nanos start = MonotonicNow();
  EXPECT_EQ(coordinator->Run(nobody).outcome, RunOutcome::kFailed);
  return MonotonicNow() - start < 2 * kNanosPerSecond ? "short" : "long";
}

// What a client's network is told after the experiment has come over the wire. Results are equal
// either way; that networks do as they are told is tested in network_test.
inline std::string SkipsZeros(const Overrides& overrides) {
  const auto experiment = ParseExperiment(SerializeExperiment(Tiny(overrides))).value();
  const auto dataset = OpenDataset(experiment).value();
  return NetworkSpecOf(experiment, dataset).skip_zeros ? "skips" : "multiplies";
}

}  // namespace fedround::testing
