#include "common/nn/reference_network.h"

#include <algorithm>
#include <cmath>

#include "common/kernels/reference/dense_reference.h"

namespace fedround::nn {
namespace {

using Values = std::vector<double>;

// Mean loss; `gradient` [B, C] becomes (softmax(logits) - one-hot) / B.
double MeanLoss(const Values& logits, std::span<const std::uint32_t> labels, Values& gradient) {
  const std::size_t classes = logits.size() / labels.size();
  const auto batch = static_cast<double>(labels.size());
  double loss = 0;
  gradient.resize(logits.size());
  for (std::size_t n = 0; n < labels.size(); ++n) {
    const double* row = logits.data() + n * classes;
    const double largest = *std::max_element(row, row + classes);
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c) sum += std::exp(row[c] - largest);
    loss += (std::log(sum) + largest - row[labels[n]]) / batch;
    for (std::size_t c = 0; c < classes; ++c) {
      const double target = c == labels[n] ? 1.0 : 0.0;
      gradient[n * classes + c] = (std::exp(row[c] - largest) / sum - target) / batch;
    }
  }
  return loss;
}

}  // namespace

std::vector<ReferenceNetwork::Layer> ReferenceNetwork::Layers(std::size_t batch) const {
  std::vector<Layer> layers;
  std::size_t offset = 0;
  for (std::size_t i = 0; i + 1 < widths_.size(); ++i) {
    layers.push_back({{batch, widths_[i], widths_[i + 1]}, offset});
    offset += layers.back().weights() + widths_[i + 1];
  }
  return layers;
}

std::vector<double> ReferenceNetwork::Activate(const Values& product) const {
  Values output = product;
  for (double& value : output) value = activation_.Value(value);
  return output;
}

ReferenceNetwork::Pass ReferenceNetwork::Run(std::span<const double> parameters,
                                             std::span<const double> inputs,
                                             std::span<const std::uint32_t> labels) const {
  const std::vector<Layer> layers = Layers(labels.size());
  Pass pass;
  std::vector<Values> layer_inputs = {Values(inputs.begin(), inputs.end())};
  for (const Layer& layer : layers) {
    if (layer.offset > 0) layer_inputs.push_back(Activate(pass.products.back()));
    Values& z = pass.products.emplace_back(layer.shape.batch * layer.shape.out);
    kernels::DenseForwardReference<double>(
        layer.shape, layer_inputs.back(), parameters.subspan(layer.offset, layer.weights()),
        parameters.subspan(layer.offset + layer.weights(), layer.shape.out), z);
  }

  Values dz;
  pass.mean_loss = MeanLoss(pass.products.back(), labels, dz);
  pass.gradient.assign(parameters.size(), 0.0);
  for (std::size_t i = layers.size(); i-- > 0;) {
    const auto& [shape, offset] = layers[i];
    const std::size_t weights = layers[i].weights();
    const auto gradient = std::span(pass.gradient).subspan(offset, weights + shape.out);
    kernels::DenseAddGradientReference<double>(shape, 1.0, layer_inputs[i], dz,
                                               gradient.first(weights), gradient.last(shape.out));
    if (i == 0) break;
    Values dx(shape.batch * shape.in);
    kernels::DenseBackwardInputReference<double>(shape, dz, parameters.subspan(offset, weights),
                                                 dx);
    for (std::size_t k = 0; k < dx.size(); ++k) {
      dx[k] *= activation_.Derivative(pass.products[i - 1][k]);
    }
    dz = std::move(dx);
  }
  return pass;
}

void ReferenceSgdStep(const SgdOptions& options, std::span<const double> gradient,
                      std::span<const double> anchor, std::span<double> velocity,
                      std::span<double> parameters) {
  const double decay = static_cast<double>(options.weight_decay);
  const double pull = static_cast<double>(options.proximal_mu);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    velocity[i] = static_cast<double>(options.momentum) * velocity[i] + gradient[i] +
                  decay * parameters[i] + pull * (parameters[i] - anchor[i]);
    parameters[i] -= static_cast<double>(options.learning_rate) * velocity[i];
  }
}

}  // namespace fedround::nn
