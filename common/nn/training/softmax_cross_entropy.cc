#include "common/nn/training/softmax_cross_entropy.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "common/base/check.h"
#include "common/kernels/elementary.h"

namespace fedround::nn {
namespace {

// Replaces the row by exp(x - shift) and returns the sum. Nothing overflows if `shift` is the row's
// largest value.
double Exponentiate(std::span<float> row, float shift) {
  double sum = 0;
  for (float& value : row) {
    value = kernels::Exp(value - shift);
    sum += static_cast<double>(value);
  }
  return sum;
}

}  // namespace

void Softmax(std::span<float> logits, std::size_t classes) {
  for (std::size_t start = 0; start < logits.size(); start += classes) {
    const std::span<float> row = logits.subspan(start, classes);
    const auto scale = static_cast<float>(1.0 / Exponentiate(row, std::ranges::max(row)));
    for (float& value : row) value *= scale;
  }
}

BatchLoss SoftmaxCrossEntropy(std::span<float> logits, std::span<const std::uint32_t> labels) {
  const std::size_t batch = labels.size();
  const std::size_t classes = logits.size() / batch;
  BatchLoss loss;
  for (std::size_t n = 0; n < batch; ++n) {
    const std::span<float> row = logits.subspan(n * classes, classes);
    const std::size_t label = labels[n];
    CHECK(label < classes);
    const auto largest = std::max_element(row.begin(), row.end());
    if (static_cast<std::size_t>(largest - row.begin()) == label) ++loss.correct;

    const float shift = *largest;
    const double label_logit = static_cast<double>(row[label]) - static_cast<double>(shift);
    const double sum = Exponentiate(row, shift);
    loss.loss_sum += std::log(sum) - label_logit;

    const auto scale = static_cast<float>(1.0 / (sum * static_cast<double>(batch)));
    for (float& value : row) value *= scale;
    row[label] -= 1.0f / static_cast<float>(batch);
  }
  return loss;
}

}  // namespace fedround::nn
