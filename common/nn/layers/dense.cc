#include "common/nn/layers/dense.h"

#include "absl/strings/str_cat.h"

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

void Dense::Forward(const LayerValues& at, Rng* /*dropout*/) const {
  kernels::DenseForward(Shape(at), at.x, at.parameters.first(weights()),
                        at.parameters.subspan(weights()), at.y);
}

void Dense::BackwardInput(const LayerValues& at, std::span<const float> dy,
                          std::span<float> dx) const {
  kernels::DenseBackwardInput(Shape(at), dy, at.parameters.first(weights()), dx);
}

void Dense::AddGradient(const LayerValues& at, float scale, std::span<const float> dy,
                        std::span<float> target) const {
  kernels::DenseAddGradient(Shape(at), scale, at.x, dy, target.first(weights()),
                            target.subspan(weights()));
}

}  // namespace fedround::nn
