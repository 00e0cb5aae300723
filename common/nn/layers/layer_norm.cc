// Layer normalisation over the features of an example: PyTorch's LayerNorm. Its parameters are the
// gain, called weight, and the offset, called bias: [features], or [channels, height, width].
#include "common/kernels/layer_norm.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/nn/layers/table.h"

namespace fedround::nn {
namespace {

class LayerNorm final : public Layer {
 public:
  LayerNorm(std::string name, const FeatureShape& shape) : Layer(std::move(name), shape, shape) {}

  std::vector<TensorSpec> tensors() const override {
    const auto channels = static_cast<std::int64_t>(in().channels);
    std::vector<std::int64_t> shape = {channels};
    if (!in().is_flat()) {
      shape = {channels, static_cast<std::int64_t>(in().height),
               static_cast<std::int64_t>(in().width)};
    }
    return {{absl::StrCat(name(), ".weight"), shape}, {absl::StrCat(name(), ".bias"), shape}};
  }
  void SetInitial(std::span<float> parameters) const override {
    std::fill_n(parameters.begin(), in().size(), 1.0f);
    std::fill(parameters.begin() + static_cast<std::ptrdiff_t>(in().size()), parameters.end(),
              0.0f);
  }
  bool needs_input() const override { return true; }
  std::size_t ScratchFloats(std::size_t batch) const override { return 2 * batch; }

  void Forward(const LayerValues& at, Rng*) const override {
    kernels::LayerNormForward(ShapeOf(at), at.x, at.parameters.first(in().size()),
                              at.parameters.last(in().size()), at.y, at.scratch);
  }
  void BackwardInput(const LayerValues& at, std::span<const float> dy,
                     std::span<float> dx) const override {
    kernels::LayerNormBackwardInput(ShapeOf(at), at.x, at.scratch, dy,
                                    at.parameters.first(in().size()), dx);
  }
  void AddGradient(const LayerValues& at, float scale, std::span<const float> dy,
                   std::span<float> target) const override {
    kernels::LayerNormAddGradient(ShapeOf(at), scale, at.x, at.scratch, dy,
                                  target.first(in().size()), target.last(in().size()));
  }

 private:
  kernels::NormShape ShapeOf(const LayerValues& at) const {
    return {at.x.size() / in().size(), in().height * in().width, in().channels};
  }
};

}  // namespace

LayerEntry LayerNormEntry() {
  return {{"layer_norm",
           "mean 0 and variance 1 over an example, then a learned gain and offset",
           "Ba et al. 2016, arXiv:1607.06450",
           {}},
          "norm",
          [](const PlugIn&, const LayerPlace& place) -> absl::StatusOr<std::unique_ptr<Layer>> {
            RETURN_IF_ERROR(CheckRoom(place, {1, place.in.size()}));
            return std::make_unique<LayerNorm>(place.name, place.in);
          }};
}

}  // namespace fedround::nn
