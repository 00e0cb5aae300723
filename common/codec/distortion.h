// How much a codec saves and what it costs, on one vector. All arithmetic is in double, in order.
#pragma once

#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "common/codec/codec.h"

namespace fedround::codec {

// 8 * bytes / n; 0 if n is 0. float32 takes 32.
double BitsPerCoordinate(std::uint64_t payload_bytes, std::size_t elements);

// ||x - x'||^2 / ||x||^2, for x = `values` [n] and x' = `decoded` [n]: 0 is without loss, 1 as bad
// as sending zeros. If x is all zeros: 0 if x' is too, otherwise infinity.
double NormalisedSquaredError(std::span<const float> values, std::span<const float> decoded);

// The mean of x' - x; 0 if n is 0.
double Bias(std::span<const float> values, std::span<const float> decoded);

struct Distortion {
  double bits_per_coordinate = 0;
  double normalised_squared_error = 0;
  double bias = 0;
};

// Encodes and decodes `values` [n] with a codec for n entries.
//   INVALID_ARGUMENT  the codec cannot encode them
absl::StatusOr<Distortion> MeasureDistortion(const Codec& codec, std::span<const float> values);

}  // namespace fedround::codec
