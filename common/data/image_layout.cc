#include "common/data/image_layout.h"

#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"

namespace fedround::data {
namespace {

bool CanBeChannels(std::uint64_t extent) { return extent == 1 || extent == 3 || extent == 4; }

// Guesses the layout from the three axes of an image.
absl::StatusOr<ImageLayout> Guess(std::span<const std::uint64_t> axes, absl::string_view name) {
  const bool first = CanBeChannels(axes[0]);
  const bool last = CanBeChannels(axes[2]);
  if (first != last) return first ? ImageLayout::kNchw : ImageLayout::kNhwc;
  return absl::InvalidArgumentError(absl::StrCat(
      name, ": examples of ", axes[0], " x ", axes[1], " x ", axes[2], ": ",
      first ? "both the first and the last" : "neither the first nor the last",
      " axis can be channels (1, 3 or 4); set data.layout = \"nhwc\" if the channels come last, or "
      "\"nchw\" if they come first"));
}

template <std::size_t kItemBytes>
void PutLast(std::span<std::byte> values, const FeatureShape& shape) {
  const std::size_t pixels = shape.height * shape.width;
  std::vector<std::byte> example(shape.size() * kItemBytes);
  for (; !values.empty(); values = values.subspan(example.size())) {
    std::memcpy(example.data(), values.data(), example.size());
    for (std::size_t channel = 0; channel < shape.channels; ++channel) {
      const std::byte* from = example.data() + channel * pixels * kItemBytes;
      std::byte* to = values.data() + channel * kItemBytes;
      for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
        std::memcpy(to, from, kItemBytes);
        from += kItemBytes;
        to += shape.channels * kItemBytes;
      }
    }
  }
}

}  // namespace

absl::StatusOr<ExampleAxes> FindAxes(std::span<const std::uint64_t> array_shape, ImageLayout layout,
                                     absl::string_view name) {
  const std::span<const std::uint64_t> axes = array_shape.subspan(1);
  if (axes.size() == 2) return ExampleAxes{{axes[0], axes[1], 1}, std::nullopt};
  if (axes.size() == 3) {
    if (layout == ImageLayout::kAuto) {
      ASSIGN_OR_RETURN(layout, Guess(axes, name));
    }
    if (layout == ImageLayout::kNchw) return ExampleAxes{{axes[1], axes[2], axes[0]}, layout};
    return ExampleAxes{{axes[0], axes[1], axes[2]}, layout};
  }
  FeatureShape flat{1, 1, 1};
  for (const std::uint64_t extent : axes) flat.channels *= extent;
  return ExampleAxes{flat, std::nullopt};
}

void PutChannelsLast(std::span<std::byte> values, const FeatureShape& shape,
                     std::size_t item_bytes) {
  CHECK(item_bytes == 1 || item_bytes == 4);
  CHECK(values.size() % (shape.size() * item_bytes) == 0);
  if (shape.channels == 1) return;
  if (item_bytes == 1) {
    PutLast<1>(values, shape);
  } else {
    PutLast<4>(values, shape);
  }
}

}  // namespace fedround::data
