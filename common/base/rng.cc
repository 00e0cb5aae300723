#include "common/base/rng.h"

#include <cmath>
#include <numbers>
#include <utility>

namespace fedround {

std::array<std::uint32_t, 4> Philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  for (int i = 0; i < 10; ++i) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(product0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

Rng::Rng(std::uint64_t seed, RngPurpose purpose, std::uint32_t round, std::uint32_t client)
    : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
      counter_{0, static_cast<std::uint32_t>(purpose), round, client} {}

std::uint32_t Rng::NextUint32() {
  if (used_ == 4) {
    block_ = Philox4x32(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[static_cast<std::size_t>(used_++)];
}

std::uint32_t Rng::Below(std::uint32_t bound) {
  std::uint64_t product = std::uint64_t{NextUint32()} * bound;
  if (auto low = static_cast<std::uint32_t>(product); low < bound) {
    const std::uint32_t threshold = (0U - bound) % bound;
    while (low < threshold) {
      product = std::uint64_t{NextUint32()} * bound;
      low = static_cast<std::uint32_t>(product);
    }
  }
  return static_cast<std::uint32_t>(product >> 32);
}

double Rng::NextDouble() {
  const std::uint64_t high = NextUint32();
  const std::uint64_t low = NextUint32();
  return static_cast<double>(((high << 32) | low) >> 11) * 0x1p-53;
}

double Rng::NextNormal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - NextDouble()));
  return radius * std::cos(2.0 * std::numbers::pi * NextDouble());
}

double Rng::NextLogGamma(double shape) {
  if (shape < 1.0) {
    const double boosted = NextLogGamma(shape + 1.0);
    return boosted + std::log(1.0 - NextDouble()) / shape;
  }
  const double d = shape - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  while (true) {
    const double x = NextNormal();
    const double v = std::pow(1.0 + c * x, 3.0);
    if (v <= 0.0) continue;
    const double u = 1.0 - NextDouble();
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return std::log(d * v);
  }
}

void Shuffle(std::span<std::uint32_t> values, Rng& rng) {
  for (std::size_t i = values.size(); i > 1; --i) {
    std::swap(values[i - 1], values[rng.Below(static_cast<std::uint32_t>(i))]);
  }
}

}  // namespace fedround
