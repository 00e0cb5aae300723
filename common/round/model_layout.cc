#include "common/round/model_layout.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/plug_in.h"
#include "common/base/status_macros.h"

namespace fedround {
namespace {

// The elements of a tensor, or 0 if its shape is not one or they are more than `room`.
std::uint64_t ElementsWithin(const TensorSpec& spec, std::uint64_t room) {
  if (spec.shape.size() > kMaxTensorRank) return 0;
  std::uint64_t elements = 1;
  for (const std::int64_t extent : spec.shape) {
    if (extent < 1 || static_cast<std::uint64_t>(extent) > room / elements) return 0;
    elements *= static_cast<std::uint64_t>(extent);
  }
  return elements <= room ? elements : 0;
}

}  // namespace

absl::string_view LayerOf(const TensorSpec& spec) {
  return absl::string_view(spec.name).substr(0, spec.name.rfind('.'));
}

absl::Status CheckTensors(std::span<const TensorSpec> tensors) {
  if (tensors.empty() || tensors.size() > kMaxTensors) {
    return absl::InvalidArgumentError(
        absl::StrCat(tensors.size(), " tensors: must be 1 to ", kMaxTensors));
  }
  std::uint64_t room = kMaxParameters;
  for (const TensorSpec& spec : tensors) {
    if (spec.name.empty() || spec.name.size() > kMaxTensorName) {
      return absl::InvalidArgumentError(absl::StrCat("a tensor has a name of ", spec.name.size(),
                                                     " bytes: must be 1 to ", kMaxTensorName));
    }
    const std::uint64_t elements = ElementsWithin(spec, room);
    if (elements == 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "tensor \"", absl::Utf8SafeCEscape(spec.name), "\": at most ", kMaxTensorRank,
          " extents, all at least 1, and ", kMaxParameters, " parameters in total"));
    }
    room -= elements;
  }
  return absl::OkStatus();
}

absl::Status CheckFreeze(std::span<const std::string> freeze,
                         std::span<const absl::string_view> layers) {
  for (std::size_t i = 0; i < freeze.size(); ++i) {
    if (std::ranges::find(layers, freeze[i]) != layers.end()) continue;
    const absl::Status unknown = UnknownNameError("layer with weights", freeze[i], layers);
    return absl::InvalidArgumentError(absl::StrCat("model.freeze[", i, "]: ", unknown.message()));
  }
  const auto is_frozen = [&](absl::string_view name) {
    return std::ranges::find(freeze, name) != freeze.end();
  };
  if (!std::ranges::all_of(layers, is_frozen)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "model.freeze names every layer with weights: nothing is left to train");
}

absl::StatusOr<ModelLayout> LayOut(std::vector<TensorSpec> tensors,
                                   std::span<const std::string> freeze) {
  std::set<absl::string_view> layers;
  for (const TensorSpec& spec : tensors) layers.insert(LayerOf(spec));
  RETURN_IF_ERROR(CheckFreeze(freeze, std::vector(layers.begin(), layers.end())));
  ModelLayout layout;
  for (const TensorSpec& spec : tensors) {
    const bool frozen = std::ranges::find(freeze, LayerOf(spec)) != freeze.end();
    layout.fates.push_back(frozen ? Fate::kFrozen : Fate::kShared);
  }
  layout.tensors = std::move(tensors);
  return layout;
}

}  // namespace fedround
