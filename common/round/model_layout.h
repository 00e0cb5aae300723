// What a model consists of: named tensors, in the order in which they lie in the flat parameter
// vector [P], and what becomes of each.
//
// It comes from a network (common/nn) or from a file of weights, and Welcome carries it, so that a
// client in any language knows what it fetches and which part of it an update covers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace fedround {

// One named tensor of the model. The flat parameter vector [P] is the concatenation of all tensors
// in the order of their specs, each row-major with PyTorch's shape (a dense weight is [out, in]).
struct TensorSpec {
  std::string name;
  std::vector<std::int64_t> shape;

  std::size_t elements() const {
    std::size_t product = 1;
    for (const std::int64_t extent : shape) product *= static_cast<std::size_t>(extent);
    return product;
  }
  bool operator==(const TensorSpec&) const = default;
};

inline std::size_t ParameterCount(std::span<const TensorSpec> specs) {
  std::size_t sum = 0;
  for (const TensorSpec& spec : specs) sum += spec.elements();
  return sum;
}

// The layer of a tensor: "hidden1" of "hidden1.weight".
absl::string_view LayerOf(const TensorSpec& spec);

// What becomes of a tensor in a run.
enum class Fate : std::uint8_t {
  kShared,  // clients train it; it is part of their updates
  kFrozen,  // it stays as it is; clients fetch it with the model, but updates leave it out
};

struct ModelLayout {
  std::vector<TensorSpec> tensors;
  std::vector<Fate> fates;  // [tensors]

  bool operator==(const ModelLayout&) const = default;
};

// The limits of a model that can be sent.
inline constexpr std::size_t kMaxTensors = 65'536;
inline constexpr std::size_t kMaxTensorRank = 8;
inline constexpr std::size_t kMaxTensorName = 256;
inline constexpr std::uint64_t kMaxParameters = 4'000'000'000;

// INVALID_ARGUMENT, with the tensor, unless the tensors are within these limits: at least one of
// them, each with a name and with extents of at least 1. Safe for whatever a peer or a file says.
absl::Status CheckTensors(std::span<const TensorSpec> tensors);

// The layout of `tensors` in which those of the layers `freeze` (the value of model.freeze) are
// frozen. INVALID_ARGUMENT if a layer is unknown, with the nearest name, or nothing is left to
// train.
absl::StatusOr<ModelLayout> LayOut(std::vector<TensorSpec> tensors,
                                   std::span<const std::string> freeze);

// What LayOut checks of `freeze`. `layers`: the names of those that have tensors.
absl::Status CheckFreeze(std::span<const std::string> freeze,
                         std::span<const absl::string_view> layers);

}  // namespace fedround
