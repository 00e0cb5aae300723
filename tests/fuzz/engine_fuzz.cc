#include "common/base/check.h"
#include "coordinator/engine/round_engine.h"
#include "tests/fuzz/support/bytes_reader.h"
#include "tests/fuzz/support/engine_world.h"
#include "tests/fuzz/support/fuzz_one.h"

namespace fedround::fuzz {

// The bytes are a schedule: options, then events. In whatever order events come, the engine must
// only ask for actions that make sense.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  constexpr ModelId kInitialModel = 77;
  BytesReader reader(bytes);
  const coordinator::EngineOptions options = OptionsFrom(reader);
  coordinator::RoundEngine engine(options, kInitialModel);
  EngineWorld world(options);
  world.See({}, engine.Start(0));
  const Nanos unit = reader.Flag() ? 1 : coordinator::Presence::kReturnGrace / 16;
  for (Nanos now = 0; !reader.empty();) {
    now += reader.Below(8) * unit;
    const coordinator::EngineEvent event = world.Next(reader);
    const coordinator::EngineActions actions = engine.Step(event, now);
    world.See(event, actions);
    CHECK(engine.finished() == world.finished());
  }
}

}  // namespace fedround::fuzz
