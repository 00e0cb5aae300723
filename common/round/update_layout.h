// What an update consists of: named vectors, in the order in which a payload carries them.
//
// The experiment sets it and Welcome carries it, so that a client in any language knows what to send:
// an answer's header repeats it section by section, with the bytes that each takes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fedround {

struct VectorLayout {
  std::string name;            // "update": the difference new - old of the trained tensors
  std::uint64_t elements = 0;  // float32 numbers, once decoded
  std::string codec;           // how they are encoded: the name of a codec (common/codec/codec.h)

  bool operator==(const VectorLayout&) const = default;
};
using UpdateLayout = std::vector<VectorLayout>;

}  // namespace fedround
