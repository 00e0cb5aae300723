#include "common/base/check.h"
#include "common/config/experiment.h"
#include "tests/fuzz/support/fuzz_one.h"

namespace fedround::fuzz {

// The bytes are the experiment as a client gets it in its coordinator's Welcome. If it is accepted,
// it is fully resolved: it must be accepted again and stay the same.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  const auto experiment = ParseExperiment(AsText(bytes));
  if (!experiment.ok()) return;
  const std::string serialized = SerializeExperiment(*experiment);
  const auto again = ParseExperiment(serialized);
  CHECK(again.ok() && SerializeExperiment(*again) == serialized);
}

}  // namespace fedround::fuzz
