// Every chain that the table of codecs allows, so that tests over all of them need no names.
#pragma once

#include <cmath>
#include <variant>
#include <vector>

#include "common/base/plug_in.h"
#include "common/codec/codecs/table.h"

namespace fedround::codec {

using Chain = std::vector<PlugIn>;

// The entry with its numeric options at their defaults, in the middle of their ranges, and at their
// upper ends.
inline Chain Settings(const CodecEntry& entry) {
  const PlugIn defaults = WithDefaults({}, entry.info);
  Chain settings{defaults};
  for (const double part : {0.5, 1.0}) {
    PlugIn other = defaults;
    for (const OptionSpec& spec : entry.info.options) {
      if (!std::holds_alternative<double>(spec.default_value)) continue;
      const double value = spec.min + part * (spec.max - spec.min);
      other.options[std::string(spec.name)] = spec.whole ? std::floor(value) : value;
    }
    if (!(other == settings.back())) settings.push_back(other);
  }
  return settings;
}

inline std::vector<Chain> CodecChains() {
  std::vector<Chain> chains;
  for (const CodecEntry& entry : CodecTable()) {
    if (!std::holds_alternative<MakeNumbers>(entry.make)) continue;
    for (const PlugIn& numbers : Settings(entry)) chains.push_back({numbers});
  }
  const std::vector<Chain> all_numbers = chains;
  for (const CodecEntry& entry : CodecTable()) {
    if (!std::holds_alternative<MakeSelection>(entry.make)) continue;
    for (const PlugIn& selection : Settings(entry)) {
      for (const Chain& numbers : all_numbers) chains.push_back({selection, numbers.front()});
    }
  }
  return chains;
}

}  // namespace fedround::codec
