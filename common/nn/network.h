// A feed-forward network over one flat parameter vector.
//
// The network holds the architecture, never the weights: parameters are a span [P] that the caller
// owns, laid out as `tensors()` says (PyTorch's shapes and order: hidden1.weight [out, in],
// hidden1.bias [out],
// ..., output.weight, output.bias). So a model is one buffer that can be sent, hashed and summed as
// it is. Thread-safe: const after Create. Scratch memory lives in a Workspace, one a thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/aligned_buffer.h"
#include "common/base/plug_in.h"
#include "common/round/types.h"

namespace fedround::nn {

struct NetworkSpec {
  std::string preset = "mlp";  // "mlp" or "linear"
  std::size_t inputs = 0;      // features of an example
  std::size_t classes = 0;
  std::vector<std::uint32_t> hidden;
  PlugIn activation{"relu", {}};
  PlugIn init{"he", {}};
  bool skip_zeros = true;  // leave out inputs that are zero in a whole batch; equal results
  std::size_t max_parameters = 250'000'000;
};

// SGD on a batch's mean loss: v = momentum * v + g + weight_decay * w + proximal_mu * (w - anchor),
// w -= learning_rate * v. With momentum 0 no velocity is kept.
struct SgdOptions {
  float learning_rate = 0;
  float momentum = 0;
  float weight_decay = 0;
  float proximal_mu = 0;  // FedProx (Li et al. 2020, arXiv:1812.06127); needs `anchor`
};

struct BatchLoss {
  double loss_sum = 0;        // cross-entropy, natural logarithm, summed over the batch
  std::uint64_t correct = 0;  // examples whose largest output is the label (the first of equals)
};

// What an example passes through: the way forward, or a training step.
enum class Work { kForward, kTraining };

class StepProfile;
class Workspace;

class Network {
 public:
  // Errors: INVALID_ARGUMENT for an unknown preset, activation or initialiser (with the nearest
  // name), a layer of size 0, more than max_parameters.
  static absl::StatusOr<Network> Create(const NetworkSpec& spec);

  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;
  ~Network();

  const std::vector<TensorSpec>& tensors() const;
  std::size_t parameter_count() const;
  std::size_t inputs() const;
  std::size_t classes() const;
  // Multiplications and additions of the products for one example. In training without what is not
  // computed: gradients of the inputs, and of what is not trained.
  std::uint64_t flops_per_example(Work work) const;

  // Fills `parameters` [P] from (seed, tensor index), as the initialiser says: a tensor that is
  // drawn takes its values in row-major order from Rng(seed, kInitialWeights, 0, tensor index).
  void Initialise(std::uint64_t seed, std::span<float> parameters) const;

  // One step of SGD on `inputs` [B, inputs] and `labels` [B], in place. The update is fused into
  // the weight-gradient product: no gradient is kept. `velocity` is [P] if momentum > 0, else
  // empty; `anchor` is [P] if proximal_mu > 0, else empty. Returns the batch's loss before the
  // step. B <= the workspace's batch. Labels must be < classes(). `profile`, unless null, must have
  // been started, and gets this step's phases but kLoad, which is the caller's.
  BatchLoss TrainStep(std::span<float> parameters, std::span<const float> inputs,
                      std::span<const std::uint32_t> labels, const SgdOptions& options,
                      std::span<float> velocity, std::span<const float> anchor,
                      Workspace& workspace, StepProfile* profile = nullptr) const;

  // Loss and hits of `parameters` on a batch. `profile` as above; it gets the phases up to kLoss.
  BatchLoss Evaluate(std::span<const float> parameters, std::span<const float> inputs,
                     std::span<const std::uint32_t> labels, Workspace& workspace,
                     StepProfile* profile = nullptr) const;

 private:
  friend class Workspace;
  struct Impl;
  explicit Network(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Scratch memory for batches of up to `batch` examples of one network. Not thread-safe.
class Workspace {
 public:
  Workspace(const Network& network, std::size_t batch);
  ~Workspace();
  Workspace(Workspace&&) noexcept;
  Workspace& operator=(Workspace&&) noexcept;
  std::size_t batch() const;

 private:
  friend class Network;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The tables, for `fedround list` and for validation: one entry a file in activations/,
// initialisers/.
std::span<const PlugInInfo> Activations();
std::span<const PlugInInfo> Initialisers();

}  // namespace fedround::nn
