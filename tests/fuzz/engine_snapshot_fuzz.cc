#include "common/base/check.h"
#include "coordinator/engine/round_engine.h"
#include "tests/fuzz/support/fuzz_one.h"

namespace fedround::fuzz {
namespace {

constexpr std::uint64_t kClients = 6;

// Events that advance an engine in any state.
std::vector<coordinator::EngineEvent> Schedule() {
  std::vector<coordinator::EngineEvent> events;
  for (ClientId client = 0; client < kClients; ++client) {
    events.push_back(coordinator::ClientJoined{client});
  }
  for (std::uint64_t small = 0; small < 16; ++small) {
    events.push_back(coordinator::TimerFired{small});
    events.push_back(coordinator::FoldDone{small});
    events.push_back(coordinator::Evaluated{static_cast<std::uint32_t>(small)});
    events.push_back(coordinator::Committed{static_cast<std::uint32_t>(small), 1000 + small});
  }
  for (ClientId client = 0; client < kClients; ++client) {
    events.push_back(coordinator::ClientLeft{client});
    events.push_back(coordinator::ClientGone{client});
  }
  return events;
}

}  // namespace

// The bytes are a snapshot. If it is accepted, an engine must be able to continue from it, and its
// own snapshot must hold the same state.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  const coordinator::EngineOptions options{.rounds = 5,
                                           .clients = kClients,
                                           .cohort = 4,
                                           .min_updates = 1,
                                           .deadline = 100,
                                           .join_deadline = 50,
                                           .federated_evaluation = true,
                                           .max_weight = 1000};
  coordinator::RoundEngine engine(options, 77);
  if (!engine.Restore(AsText(bytes)).ok()) return;
  const std::string taken = engine.Snapshot();
  coordinator::RoundEngine twin(options, 77);
  CHECK(twin.Restore(taken).ok() && twin.Snapshot() == taken);
  static const std::vector<coordinator::EngineEvent> schedule = Schedule();
  Nanos now = 0;
  for (const coordinator::EngineEvent& event : schedule) {
    now += 20;
    CHECK(engine.Step(event, now) == twin.Step(event, now));
  }
}

}  // namespace fedround::fuzz
