// The training step of a dense network over oneDNN's matrix product: how fast a step is with the
// best library available. The project is not built with it: it is loaded on request.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/aligned_buffer.h"
#include "common/nn/network.h"
#include "experiments/bench/contest.h"
#include "experiments/bench/examples.h"
#include "experiments/bench/models.h"
#include "experiments/bench/peers/dense.h"

namespace fedround::bench {

// The library, loaded once and never unloaded.
class OneDnn {
 public:
  // dnnl_sgemm of dnnl.h: C = alpha op(A) op(B) + beta C, row-major; op(A) [m, k], op(B) [k, n].
  using Sgemm = int (*)(char transpose_a, char transpose_b, std::int64_t m, std::int64_t n,
                        std::int64_t k, float alpha, const float* a, std::int64_t lda,
                        const float* b, std::int64_t ldb, float beta, float* c, std::int64_t ldc);

  // It will use one thread. Errors: NOT_FOUND, with what to install.
  static absl::StatusOr<OneDnn> Load();

  Sgemm sgemm() const { return sgemm_; }
  const std::string& name() const { return name_; }  // "oneDNN 2.6.3"

 private:
  OneDnn() = default;
  Sgemm sgemm_ = nullptr;
  std::string name_;
};

// One product, with our layout of the weights; the biases are added by Eigen, which must run here.
void OneDnnDense(const OneDnn& library, Product product, const DenseOperands& operands);

// Gradient descent on a network of dense layers with ReLU between them. As in ours, the update is
// part of the product that computes the gradient (beta = 1, alpha = -rate). Move-only.
class OneDnnNetwork {
 public:
  // `widths`: inputs, hidden layers, classes. `parameters` as nn::Network lays them out.
  OneDnnNetwork(const OneDnn& library, std::vector<std::size_t> widths,
                std::span<const float> parameters, std::size_t max_batch);

  // Like nn::Network::Evaluate and TrainStep.
  nn::BatchLoss Evaluate(const Batch& batch);
  nn::BatchLoss TrainStep(const Batch& batch, float learning_rate);

 private:
  struct Layer {
    std::int64_t in = 0;
    std::int64_t out = 0;
    FloatBuffer weights;   // [in, out]: what all three products read row by row
    FloatBuffer bias;      // [out]
    FloatBuffer output;    // [B, out]
    FloatBuffer gradient;  // [B, out]; the last layer's takes the place of its output
  };

  void Forward(Layer& layer, const float* inputs, std::int64_t batch, bool is_last) const;
  void Backward(Layer& layer, const float* inputs, const float* gradient, std::int64_t batch,
                float learning_rate) const;

  OneDnn library_;
  std::vector<Layer> layers_;
};

// Steps of `pass` over `examples`, which must outlive it, starting from `parameters`.
// Errors: INVALID_ARGUMENT if `model` has layers that are not dense.
absl::StatusOr<Variant> MakeOneDnnStep(const OneDnn& library, const Model& model,
                                       const Examples& examples, std::size_t batch, Pass pass,
                                       float learning_rate, std::span<const float> parameters);

}  // namespace fedround::bench
