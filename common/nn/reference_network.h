// The network once more, in double and in the plainest loops: Network is compared with it, and its
// gradients are checked by finite differences. Never used in a run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/kernels/dense.h"
#include "common/nn/activation.h"
#include "common/nn/network.h"

namespace fedround::nn {

// Parameters are laid out as in Network. Thread-safe: const after construction.
class ReferenceNetwork {
 public:
  // `widths` are inputs, hidden layers, classes. Borrows `activation`.
  ReferenceNetwork(std::vector<std::size_t> widths, const Activation& activation)
      : widths_(std::move(widths)), activation_(activation) {}

  struct Pass {
    double mean_loss = 0;
    std::vector<std::vector<double>> products;  // of each layer, [B, out], before its activation
    std::vector<double> gradient;               // of the mean loss, [P]
  };

  // Forward and backward over `inputs` [B, inputs] and `labels` [B].
  Pass Run(std::span<const double> parameters, std::span<const double> inputs,
           std::span<const std::uint32_t> labels) const;

 private:
  // Where layer i's parameters are, and how large it is for a batch.
  struct Layer {
    kernels::DenseShape shape;
    std::size_t offset;
    std::size_t weights() const { return shape.in * shape.out; }
  };
  std::vector<Layer> Layers(std::size_t batch) const;
  std::vector<double> Activate(const std::vector<double>& product) const;

  std::vector<std::size_t> widths_;
  const Activation& activation_;
};

// One step of SGD by the formula at SgdOptions, all spans [P]; `velocity` is always kept.
void ReferenceSgdStep(const SgdOptions& options, std::span<const double> gradient,
                      std::span<const double> anchor, std::span<double> velocity,
                      std::span<double> parameters);

}  // namespace fedround::nn
