#include "common/nn/layers/dense.h"

#include <limits>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/nn/layers/table.h"

namespace fedround::nn {

std::vector<TensorSpec> Dense::tensors() const {
  const auto rows = static_cast<std::int64_t>(out().channels);
  const auto columns = static_cast<std::int64_t>(in().channels);
  return {{absl::StrCat(name(), ".weight"), {rows, columns}},
          {absl::StrCat(name(), ".bias"), {rows}}};
}

kernels::DenseShape Dense::Shape(const LayerValues& at) const {
  return {at.y.size() / out().channels, in().channels, out().channels};
}

namespace {

kernels::ZeroInputs ZerosOf(const LayerValues& at) {
  return at.may_skip_zeros ? kernels::ZeroInputs::kSkip : kernels::ZeroInputs::kMultiply;
}

}  // namespace

void Dense::Forward(const LayerValues& at, Rng* /*dropout*/) const {
  kernels::DenseForward(Shape(at), at.x, at.parameters.first(weights()),
                        at.parameters.subspan(weights()), at.y, ZerosOf(at));
}

void Dense::BackwardInput(const LayerValues& at, std::span<const float> dy,
                          std::span<float> dx) const {
  kernels::DenseBackwardInput(Shape(at), dy, at.parameters.first(weights()), dx);
}

void Dense::AddGradient(const LayerValues& at, float scale, std::span<const float> dy,
                        std::span<float> target) const {
  kernels::DenseAddGradient(Shape(at), scale, at.x, dy, target.first(weights()),
                            target.subspan(weights()), ZerosOf(at));
}

LayerEntry DenseEntry() {
  static const OptionSpec kOptions[] = {
      SizeOption("units", 0, "outputs", std::numeric_limits<std::uint32_t>::max())};
  return {
      {"dense", "weights from every input to every output", "", kOptions},
      "hidden",
      [](const PlugIn& options, const LayerPlace& place) -> absl::StatusOr<std::unique_ptr<Layer>> {
        const auto units = options.Whole<std::size_t>("units");
        if (!place.in.is_flat()) {
          return PlaceError(place, "it takes a flat vector: put a flatten layer before it");
        }
        RETURN_IF_ERROR(CheckRoom(place, {place.in.channels, units}));
        return std::make_unique<Dense>(place.name, place.in.channels, units);
      }};
}

}  // namespace fedround::nn
