#include "common/base/check.h"
#include "coordinator/engine/round_engine.h"
#include "tests/fuzz/fuzz_one.h"

namespace fedround::fuzz {

// Bytes as a snapshot. What is accepted is the state that the engine then has; what is refused
// leaves it as it was.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  const coordinator::EngineOptions options{.rounds = 5,
                                           .clients = 6,
                                           .cohort = 4,
                                           .min_updates = 1,
                                           .deadline = 100,
                                           .join_deadline = 50,
                                           .federated_evaluation = true,
                                           .max_weight = 1000};
  coordinator::RoundEngine engine(options, 77);
  engine.Start(0);
  const std::string before = engine.Snapshot();
  if (!engine.Restore(AsText(bytes)).ok()) {
    CHECK(engine.Snapshot() == before);
    return;
  }
  const std::string taken = engine.Snapshot();
  coordinator::RoundEngine twin(options, 77);
  CHECK(twin.Restore(taken).ok() && twin.Snapshot() == taken);
}

}  // namespace fedround::fuzz
