// The simplest layout of an update: one vector of floats as they are.
#pragma once

#include <string>
#include <vector>

#include "common/round/types.h"
#include "coordinator/intake/payload_decoder.h"

namespace fedround::testing {

inline std::vector<coordinator::SectionFormat> Float32Section(std::size_t elements) {
  return {{std::string(kUpdateSection), codec::MakeCodec("uplink.codec", {}, elements).value()}};
}

}  // namespace fedround::testing
