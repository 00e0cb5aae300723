// The largest value under a window: PyTorch's MaxPool2d, without padding.
#include "common/kernels/max_pool.h"

#include <memory>

#include "common/base/status_macros.h"
#include "common/nn/layers/table.h"

namespace fedround::nn {
namespace {

using kernels::PoolShape;

class MaxPool final : public Layer {
 public:
  // `shape` is the shape of one image.
  MaxPool(std::string name, const PoolShape& shape)
      : Layer(std::move(name), {shape.height, shape.width, shape.channels},
              {shape.out_height(), shape.out_width(), shape.channels}),
        shape_(shape) {}

  bool needs_input() const override { return true; }
  bool needs_output() const override { return true; }

  void Forward(const LayerValues& at, Rng*) const override {
    kernels::MaxPoolForward(ShapeOf(at), at.x, at.y);
  }
  void BackwardInput(const LayerValues& at, std::span<const float> dy,
                     std::span<float> dx) const override {
    kernels::MaxPoolBackward(ShapeOf(at), at.x, at.y, dy, dx);
  }

 private:
  PoolShape ShapeOf(const LayerValues& at) const {
    PoolShape shape = shape_;
    shape.batch = at.x.size() / in().size();
    return shape;
  }

  PoolShape shape_;
};

absl::StatusOr<std::unique_ptr<Layer>> Make(const PlugIn& options, const LayerPlace& place) {
  PoolShape shape{.batch = 1,
                  .height = place.in.height,
                  .width = place.in.width,
                  .channels = place.in.channels};
  shape.kernel = options.Whole<std::size_t>("kernel");
  shape.stride = options.Whole<std::size_t>("stride");
  if (shape.stride == 0) shape.stride = shape.kernel;
  RETURN_IF_ERROR(CheckWindow(place, shape.kernel, 0));
  return std::make_unique<MaxPool>(place.name, shape);
}

}  // namespace

LayerEntry MaxPoolEntry() {
  static const OptionSpec kOptions[] = {
      SizeOption("kernel", 2, "height and width of its window", kMaxExtent),
      {.name = "stride",
       .default_value = 0.0,
       .help = "step of the window in pixels; 0: its width",
       .min = 0,
       .max = kMaxExtent,
       .whole = true}};
  return {{"max_pool", "the largest value under a window, channel by channel", "", kOptions},
          "pool",
          Make};
}

}  // namespace fedround::nn
