// Turns images, which have their channels last here, into the flat vector that PyTorch's Flatten
// gives for images with their channels first, so that a dense layer after it has PyTorch's weights.
#include <algorithm>
#include <memory>

#include "common/nn/layers/table.h"

namespace fedround::nn {
namespace {

class Flatten final : public Layer {
 public:
  Flatten(std::string name, const FeatureShape& in)
      : Layer(std::move(name), in, {1, 1, in.size()}) {}

  void Forward(const LayerValues& at, Rng*) const override {
    Transpose(at.x, in().height * in().width, in().channels, at.y);
  }
  void BackwardInput(const LayerValues&, std::span<const float> dy,
                     std::span<float> dx) const override {
    Transpose(dy, in().channels, in().height * in().width, dx);
  }

 private:
  // Each example is a matrix [rows, columns] in `from` and [columns, rows] in `to`.
  static void Transpose(std::span<const float> from, std::size_t rows, std::size_t columns,
                        std::span<float> to) {
    for (std::size_t example = 0; example < from.size(); example += rows * columns) {
      for (std::size_t c = 0; c < columns; ++c) {
        float* out = to.data() + example + c * rows;
        for (std::size_t r = 0; r < rows; ++r) out[r] = from[example + r * columns + c];
      }
    }
  }
};

}  // namespace

LayerEntry FlattenEntry() {
  return {{"flatten", "from images to a flat vector, in PyTorch's order", "", {}},
          "flatten",
          [](const PlugIn&, const LayerPlace& place) -> absl::StatusOr<std::unique_ptr<Layer>> {
            return std::make_unique<Flatten>(place.name, place.in);
          }};
}

}  // namespace fedround::nn
