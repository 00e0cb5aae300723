// The health of a network: the outputs of its activations, the size of its weights and gradients,
// and where an update is zero. Each function appends values under the names that HealthRow in
// ledger.proto explains, in the order of the network.
//
// "Zero" is exactly 0, of either sign. "Weight tensors" have two dimensions or more: biases and the
// gains of a normalisation are left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/nn/layer_observer.h"
#include "common/nn/network.h"
#include "common/round/types.h"

namespace fedround::nn {

// Which columns of a matrix are not all zeros.
class LitColumns {
 public:
  explicit LitColumns(std::size_t columns) : lit_(columns, 0) {}

  // Takes more rows into account, [any, columns]. NaN is not zero.
  void Add(std::span<const float> rows);
  std::size_t size() const { return lit_.size(); }
  // For each column 1 or, if it is dark, 0.
  std::span<const std::uint32_t> lit() const { return lit_; }
  std::size_t dark() const;

 private:
  std::vector<std::uint32_t> lit_;  // as wide as a float, for vector code
};

// Watches the activation layers of one network over any number of batches. Not thread-safe.
class ActivationHealth final : public LayerObserver {
 public:
  void Saw(const Layer& layer, std::span<const float> output) override;

  // "zeros", "dead", "nan" and "inf" of each activation layer. A unit is dead if its output was 0
  // for every example; for images a unit is a channel, at all its places. Appends nothing before
  // the first Saw.
  void AppendTo(std::vector<HealthValue>& values) const;

 private:
  struct Seen {
    std::string layer;
    LitColumns units;
    std::uint64_t outputs = 0;
    std::uint64_t zeros = 0;
    std::uint64_t nans = 0;
    std::uint64_t infinities = 0;
  };
  std::vector<Seen> seen_;  // in the network's order
};

// "l2_norm" of each weight tensor of `parameters` [P].
void AppendWeightNorms(const Network& network, std::span<const float> parameters,
                       std::vector<HealthValue>& values);

// "gradient_rms", the root of the mean square, of each trained weight tensor of `gradient` [P].
void AppendGradientRms(const Network& network, std::span<const float> gradient,
                       std::vector<HealthValue>& values);

// "zeros_by_input" and "zeros_by_activation" of kWholeUpdate: shares of the trained parameters that
// are the same in `before` [P] and `after` [P]. An input that is dark in all examples leaves its
// column of a dense first layer without gradient, whatever the activation; all other zeros are due
// to the activation, or to steps too small to change a float. `inputs` [inputs].
void AppendUpdateZeros(const Network& network, std::span<const float> before,
                       std::span<const float> after, const LitColumns& inputs,
                       std::vector<HealthValue>& values);

inline constexpr char kWholeUpdate[] = "update";

}  // namespace fedround::nn
