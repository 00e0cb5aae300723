// What an update consists of: named vectors, in the order in which a payload carries them, and named
// integers in its header.
//
// The algorithm and the experiment set it, and Welcome carries it, so that a client in any language
// knows what to send: an answer's header repeats the vectors section by section, with the bytes that
// each takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace fedround {

// By what a vector is multiplied before it is summed over clients.
enum class VectorWeight : std::uint8_t {
  kAnswer,  // the answer's weight
  kOne,
};

struct VectorLayout {
  std::string name;            // "update": the difference new - old of the trained tensors
  std::uint64_t elements = 0;  // float32 numbers, once decoded
  std::string codec;           // how they are encoded: the name of a codec (common/codec/codec.h)
  VectorWeight weight = VectorWeight::kAnswer;  // not told to clients: the coordinator's business

  bool operator==(const VectorLayout&) const = default;
};

// An integer that comes with each answer.
struct ScalarLayout {
  std::string name;
  std::uint64_t max = 0;

  bool operator==(const ScalarLayout&) const = default;
};

struct UpdateLayout {
  std::vector<VectorLayout> vectors;
  std::vector<ScalarLayout> scalars{};
  bool kept = false;  // updates are kept one by one, not summed; not told to clients

  bool operator==(const UpdateLayout&) const = default;
};

inline std::size_t TotalElements(const UpdateLayout& layout) {
  std::size_t sum = 0;
  for (const VectorLayout& vector : layout.vectors) sum += vector.elements;
  return sum;
}

}  // namespace fedround
