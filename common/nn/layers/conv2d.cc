// A convolution over images: PyTorch's Conv2d. Its parameters are the weight [out, in, kernel,
// kernel], then the bias [out].
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/kernels/conv.h"
#include "common/nn/layers/table.h"

namespace fedround::nn {
namespace {

using kernels::ConvShape;

class Conv2d final : public Layer {
 public:
  // `shape` is the shape of one image.
  Conv2d(std::string name, const ConvShape& shape)
      : Layer(std::move(name), {shape.height, shape.width, shape.in},
              {shape.out_height(), shape.out_width(), shape.out}),
        shape_(shape) {}

  std::vector<TensorSpec> tensors() const override {
    const auto out_channels = static_cast<std::int64_t>(shape_.out);
    const auto in_channels = static_cast<std::int64_t>(shape_.in);
    const auto kernel = static_cast<std::int64_t>(shape_.kernel);
    return {{absl::StrCat(name(), ".weight"), {out_channels, in_channels, kernel, kernel}},
            {absl::StrCat(name(), ".bias"), {out_channels}}};
  }
  std::optional<Fan> fan() const override {
    const std::size_t window = shape_.kernel * shape_.kernel;
    return Fan{shape_.in * window, shape_.out * window};
  }
  std::uint64_t flops() const override {
    return 2 * weights() * shape_.out_height() * shape_.out_width();
  }
  bool needs_input() const override { return true; }
  std::size_t ScratchFloats(std::size_t batch) const override {
    return kernels::ConvScratchFloats(Shape(batch));
  }

  void Forward(const LayerValues& at, Rng*) const override {
    kernels::ConvForward(ShapeOf(at), at.x, at.parameters.first(weights()),
                         at.parameters.subspan(weights()), at.y, at.scratch);
  }
  void BackwardInput(const LayerValues& at, std::span<const float> dy,
                     std::span<float> dx) const override {
    kernels::ConvBackwardInput(ShapeOf(at), dy, at.parameters.first(weights()), dx, at.scratch);
  }
  void AddGradient(const LayerValues& at, float scale, std::span<const float> dy,
                   std::span<float> target) const override {
    kernels::ConvAddGradient(ShapeOf(at), scale, at.x, dy, target.first(weights()),
                             target.subspan(weights()), at.scratch);
  }

 private:
  std::size_t weights() const { return shape_.out * shape_.in * shape_.kernel * shape_.kernel; }
  ConvShape Shape(std::size_t batch) const {
    ConvShape shape = shape_;
    shape.batch = batch;
    return shape;
  }
  ConvShape ShapeOf(const LayerValues& at) const { return Shape(at.x.size() / in().size()); }

  ConvShape shape_;
};

// Height, width and options are at most kMaxFeatures each: nothing overflows.
absl::StatusOr<std::unique_ptr<Layer>> Make(const PlugIn& options, const LayerPlace& place) {
  ConvShape shape{
      .batch = 1, .height = place.in.height, .width = place.in.width, .in = place.in.channels};
  shape.out = options.Whole<std::size_t>("channels");
  shape.kernel = options.Whole<std::size_t>("kernel");
  shape.stride = options.Whole<std::size_t>("stride");
  shape.padding = options.Whole<std::size_t>("padding");
  RETURN_IF_ERROR(CheckWindow(place, shape.kernel, shape.padding));
  if (shape.padding >= shape.kernel) {
    return PlaceError(place, absl::StrCat("padding = ", shape.padding, ": must be below kernel = ",
                                          shape.kernel, ", or windows see nothing but padding"));
  }
  const std::size_t window = shape.kernel * shape.kernel;
  RETURN_IF_ERROR(CheckRoom(place, {shape.in * window, shape.out}));
  return std::make_unique<Conv2d>(place.name, shape);
}

}  // namespace

LayerEntry Conv2dEntry() {
  static const OptionSpec kOptions[] = {
      SizeOption("channels", 0, "channels of its output", kMaxExtent),
      SizeOption("kernel", 3, "height and width of its window", kMaxExtent),
      SizeOption("stride", 1, "step of the window in pixels", kMaxExtent),
      {.name = "padding",
       .default_value = 0.0,
       .help = "zeros around the image",
       .min = 0,
       .max = kMaxExtent,
       .whole = true}};
  return {{"conv2d", "convolution: the same weights at every place of an image",
           "LeCun et al. 1998, Gradient-based learning applied to document recognition", kOptions},
          "conv",
          Make};
}

}  // namespace fedround::nn
