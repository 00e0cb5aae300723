#include "common/kernels/layer_norm.h"

#include <cmath>

#include "common/base/check.h"

namespace fedround::kernels {
namespace {

// Calls visit(feature, parameter) for every feature of an example.
template <typename Visit>
void ForEachFeature(const NormShape& s, Visit visit) {
  for (std::size_t p = 0; p < s.pixels; ++p) {
    for (std::size_t c = 0; c < s.channels; ++c) visit(p * s.channels + c, c * s.pixels + p);
  }
}

}  // namespace

void LayerNormForward(const NormShape& shape, std::span<const float> x, std::span<const float> gain,
                      std::span<const float> offset, std::span<float> y, std::span<float> moments) {
  CHECK(x.size() == shape.batch * shape.features() && y.size() == x.size());
  CHECK(gain.size() == shape.features() && offset.size() == gain.size());
  CHECK(moments.size() >= 2 * shape.batch);
  const auto features = static_cast<double>(shape.features());
  for (std::size_t n = 0; n < shape.batch; ++n) {
    const auto from = x.subspan(n * shape.features(), shape.features());
    const auto to = y.subspan(n * shape.features(), shape.features());
    double sum = 0;
    for (const float value : from) sum += static_cast<double>(value);
    const double mean = sum / features;
    double squares = 0;
    for (const float value : from) {
      const double distance = static_cast<double>(value) - mean;
      squares += distance * distance;
    }
    const auto centre = static_cast<float>(mean);
    const auto scale = static_cast<float>(1.0 / std::sqrt(squares / features + kNormEpsilon));
    ForEachFeature(shape, [&](std::size_t i, std::size_t w) {
      to[i] = (from[i] - centre) * scale * gain[w] + offset[w];
    });
    moments[2 * n] = centre;
    moments[2 * n + 1] = scale;
  }
}

// With u = (x - mean) * scale and g = dy * gain: dx = scale * (g - mean(g) - u * mean(g u)).
void LayerNormBackwardInput(const NormShape& shape, std::span<const float> x,
                            std::span<const float> moments, std::span<const float> dy,
                            std::span<const float> gain, std::span<float> dx) {
  CHECK(dx.size() == dy.size() && gain.size() == shape.features());
  const auto features = static_cast<double>(shape.features());
  for (std::size_t n = 0; n < shape.batch; ++n) {
    const auto from = x.subspan(n * shape.features(), shape.features());
    const auto gradient = dy.subspan(n * shape.features(), shape.features());
    const auto to = dx.subspan(n * shape.features(), shape.features());
    const float centre = moments[2 * n], scale = moments[2 * n + 1];
    double sum = 0, product = 0;
    ForEachFeature(shape, [&](std::size_t i, std::size_t w) {
      const float g = gradient[i] * gain[w];
      sum += static_cast<double>(g);
      product += static_cast<double>(g) * static_cast<double>((from[i] - centre) * scale);
    });
    const auto mean = static_cast<float>(sum / features);
    const auto slope = static_cast<float>(product / features);
    ForEachFeature(shape, [&](std::size_t i, std::size_t w) {
      to[i] = scale * (gradient[i] * gain[w] - mean - (from[i] - centre) * scale * slope);
    });
  }
}

void LayerNormAddGradient(const NormShape& shape, float scale, std::span<const float> x,
                          std::span<const float> moments, std::span<const float> dy,
                          std::span<float> gain, std::span<float> offset) {
  CHECK(x.size() == dy.size() && gain.size() == shape.features());
  for (std::size_t n = 0; n < shape.batch; ++n) {
    const auto from = x.subspan(n * shape.features(), shape.features());
    const auto gradient = dy.subspan(n * shape.features(), shape.features());
    const float centre = moments[2 * n], deviation = moments[2 * n + 1];
    ForEachFeature(shape, [&](std::size_t i, std::size_t w) {
      gain[w] += scale * gradient[i] * (from[i] - centre) * deviation;
      offset[w] += scale * gradient[i];
    });
  }
}

}  // namespace fedround::kernels
