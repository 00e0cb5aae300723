#include <string>
#include <vector>

#include "absl/strings/strip.h"
#include "common/base/check.h"
#include "common/config/experiment.h"
#include "common/config/schema/rules.h"
#include "common/config/toml/overrides.h"
#include "common/config/toml/reader.h"
#include "tests/fuzz/support/fuzz_one.h"

namespace fedround::fuzz {
namespace {

constexpr absl::string_view kSet = "--set ";

// Removes the first line and returns it without its end.
absl::string_view TakeLine(absl::string_view& text) {
  const std::size_t end = text.find('\n');
  const absl::string_view line = text.substr(0, end);
  text.remove_prefix(end == absl::string_view::npos ? text.size() : end + 1);
  return line;
}

// A document may name any file of this machine, even a pipe.
bool Extends(absl::string_view text) {
  const auto table = config::ReadToml(text, "fuzz");
  return table.ok() && config::FindEntry(*table, config::kExtends) != nullptr;
}

}  // namespace

// First lines that begin with "--set " are overrides, the rest is an experiment in TOML, merged
// over the defaults. What is accepted must be the same after it has been written as TOML and read.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  absl::string_view text = AsText(bytes);
  std::vector<std::string> overrides;
  while (absl::StartsWith(text, kSet)) {
    overrides.emplace_back(absl::StripPrefix(TakeLine(text), kSet));
    config::ReadOverride(overrides.back()).IgnoreError();
  }
  if (Extends(text)) return;
  const auto experiment = ParseExperimentToml(text, "fuzz", overrides);
  if (!experiment.ok()) return;
  const std::string serialized = SerializeExperiment(*experiment);
  CHECK(ParseExperiment(serialized).ok());
  for (const bool comments : {false, true}) {
    const auto again = ParseExperimentToml(ExperimentToToml(*experiment, comments), "again", {});
    CHECK(again.ok() && SerializeExperiment(*again) == serialized);
  }
}

}  // namespace fedround::fuzz
