// The loss: cross-entropy of the softmax of the logits, with its gradient.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fedround::nn {

struct BatchLoss {
  double loss_sum = 0;        // cross-entropy, natural logarithm, summed over the batch
  std::uint64_t correct = 0;  // examples whose largest output is the label (the first of equals)
};

// Replaces each row of `logits` [B, classes] by its softmax. No probability is 0, since
// kernels::Exp never returns 0.
void Softmax(std::span<float> logits, std::size_t classes);

// Scores `logits` [B, C] against `labels` [B], each < C, and replaces the logits by the gradient of
// the batch's mean loss with respect to them, (p - y) / B with p = softmax(logits) and y one-hot.
// Logits of any finite size are safe: the largest of a row is subtracted before the exponential. A
// row with a NaN or an infinity gives a loss of NaN or infinity.
BatchLoss SoftmaxCrossEntropy(std::span<float> logits, std::span<const std::uint32_t> labels);

}  // namespace fedround::nn
