// Where the images in a file have their channels: last, as we keep them, or first, as in PyTorch.
// The values of data.layout.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/round/feature_shape.h"

namespace fedround::data {

// Part of the cache's format: never renumber.
enum class ImageLayout : std::uint32_t {
  kAuto = 0,  // the one of the other two that the extents allow
  kNhwc = 1,  // [examples, height, width, channels]
  kNchw = 2,  // [examples, channels, height, width]
};

constexpr std::array<const char*, 3> NamesOf(ImageLayout) { return {"auto", "nhwc", "nchw"}; }

// What the axes of an array mean.
struct ExampleAxes {
  FeatureShape shape;                 // of an example, channels last
  std::optional<ImageLayout> layout;  // nothing: the array has no axis of channels

  bool operator==(const ExampleAxes&) const = default;
};

// For an array [examples, height, width], or one with channels as `layout` says; anything else is
// flattened from axis 1. kAuto looks for the axis whose extent can be that of channels: 1, 3 or 4.
// Errors: INVALID_ARGUMENT if neither axis can be that, or both; the message begins with `name` and
// says what to set.
absl::StatusOr<ExampleAxes> FindAxes(std::span<const std::uint64_t> array_shape, ImageLayout layout,
                                     absl::string_view name);

// Reorders examples from channels, height, width to height, width, channels, in place.
//   values       [examples, channels, height, width] items of `item_bytes`
//   shape        of an example
void PutChannelsLast(std::span<std::byte> values, const FeatureShape& shape,
                     std::size_t item_bytes);

}  // namespace fedround::data
