// The shape of one example, between two layers or in a data set.
#pragma once

#include <cstddef>

namespace fedround {

// An image [height, width, channels], channels last; a flat vector of n features is {1, 1, n}.
struct FeatureShape {
  std::size_t height = 1;
  std::size_t width = 1;
  std::size_t channels = 0;

  std::size_t size() const { return height * width * channels; }
  bool is_flat() const { return height == 1 && width == 1; }
  bool operator==(const FeatureShape&) const = default;
};

}  // namespace fedround
