// Inverted dropout: in training each value is 0 with probability `rate` and otherwise multiplied by
// 1 / (1 - rate); an evaluation passes everything on unchanged.
#include <algorithm>
#include <cmath>
#include <memory>

#include "common/kernels/elementwise.h"
#include "common/nn/layers/table.h"

namespace fedround::nn {
namespace {

class Dropout final : public Layer {
 public:
  Dropout(std::string name, const FeatureShape& shape, double rate)
      : Layer(std::move(name), shape, shape),
        dropped_below_(static_cast<std::uint32_t>(std::llround(std::ldexp(rate, 32)))),
        kept_scale_(static_cast<float>(1.0 / (1.0 - rate))) {}

  bool is_elementwise() const override { return true; }
  // The mask.
  std::size_t ScratchFloats(std::size_t batch) const override { return batch * in().size(); }

  // Draws one word from `dropout` per value, in their order.
  void Forward(const LayerValues& at, Rng* dropout) const override {
    if (dropout == nullptr) {
      // A backward pass after this finds a mask that drops nothing.
      std::ranges::fill(at.scratch.first(at.y.size()), 1.0f);
      if (at.y.data() != at.x.data()) std::copy(at.x.begin(), at.x.end(), at.y.begin());
      return;
    }
    const std::span<float> mask = at.scratch.first(at.y.size());
    for (float& factor : mask) {
      factor = dropout->NextUint32() < dropped_below_ ? 0.0f : kept_scale_;
    }
    if (at.y.data() != at.x.data()) std::copy(at.x.begin(), at.x.end(), at.y.begin());
    Scale(mask, at.y);
  }
  void BackwardInput(const LayerValues& at, std::span<const float>,
                     std::span<float> dx) const override {
    Scale(at.scratch.first(dx.size()), dx);
  }

 private:
  static void Scale(std::span<const float> mask, std::span<float> values) {
    kernels::Combine(mask, values, [](float factor, float value) { return factor * value; });
  }

  std::uint32_t dropped_below_;
  float kept_scale_;
};

}  // namespace

LayerEntry DropoutEntry() {
  static const OptionSpec kOptions[] = {
      {"rate", 0.5, "probability that a value is dropped in a training step", 0, 0.99}};
  return {
      {"dropout", "drops values at random during training", "Srivastava et al. 2014, Dropout",
       kOptions},
      "dropout",
      [](const PlugIn& options, const LayerPlace& place) -> absl::StatusOr<std::unique_ptr<Layer>> {
        return std::make_unique<Dropout>(place.name, place.in, options.Number("rate"));
      }};
}

}  // namespace fedround::nn
