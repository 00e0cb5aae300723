#include "common/base/check.h"
#include "common/config/experiment.h"
#include "tests/fuzz/fuzz_one.h"

namespace fedround::fuzz {

// The experiment as a client gets it, in its coordinator's Welcome. What is accepted is fully
// resolved: it is taken again, and stays the same.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  const auto experiment = ParseExperiment(AsText(bytes));
  if (!experiment.ok()) return;
  const std::string serialized = SerializeExperiment(*experiment);
  const auto again = ParseExperiment(serialized);
  CHECK(again.ok() && SerializeExperiment(*again) == serialized);
}

}  // namespace fedround::fuzz
