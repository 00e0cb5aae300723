#include "common/codec/distortion.h"

#include <limits>
#include <memory>
#include <vector>

#include "common/base/check.h"
#include "common/base/status_macros.h"

namespace fedround::codec {

double BitsPerCoordinate(std::uint64_t payload_bytes, std::size_t elements) {
  if (elements == 0) return 0;
  return 8 * static_cast<double>(payload_bytes) / static_cast<double>(elements);
}

double NormalisedSquaredError(std::span<const float> values, std::span<const float> decoded) {
  CHECK(values.size() == decoded.size());
  double squared_error = 0;
  double squared_norm = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double error = double{decoded[i]} - double{values[i]};
    squared_error += error * error;
    squared_norm += double{values[i]} * double{values[i]};
  }
  if (squared_error == 0) return 0;
  if (squared_norm == 0) return std::numeric_limits<double>::infinity();
  return squared_error / squared_norm;
}

double Bias(std::span<const float> values, std::span<const float> decoded) {
  CHECK(values.size() == decoded.size());
  if (values.empty()) return 0;
  double sum = 0;
  for (std::size_t i = 0; i < values.size(); ++i) sum += double{decoded[i]} - double{values[i]};
  return sum / static_cast<double>(values.size());
}

absl::StatusOr<Distortion> MeasureDistortion(const Codec& codec, std::span<const float> values) {
  std::vector<std::byte> payload;
  RETURN_IF_ERROR(codec.Encode(values, payload));
  std::vector<float> decoded(values.size());
  const std::unique_ptr<Decoder> decoder = codec.MakeDecoder(decoded);
  RETURN_IF_ERROR(decoder->Append(payload));
  RETURN_IF_ERROR(decoder->Finish());
  return Distortion{BitsPerCoordinate(payload.size(), values.size()),
                    NormalisedSquaredError(values, decoded), Bias(values, decoded)};
}

}  // namespace fedround::codec
