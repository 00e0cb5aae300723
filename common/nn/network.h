// A feed-forward network over one flat parameter vector.
//
// The network holds the architecture, never the weights: parameters are a span [P] that the caller
// owns, laid out as `layout()` says (PyTorch's shapes and order: conv1.weight [out, in, k, k],
// conv1.bias [out], hidden1.weight [out, in], ..., output.weight, output.bias). So a model is one
// buffer that can be sent, hashed and summed as it is. Thread-safe: const after Create. Scratch
// memory lives in a Workspace, one per thread.
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
#include "common/base/rng.h"
#include "common/kernels/activations/activation_kernel.h"
#include "common/nn/preset.h"
#include "common/nn/training/sgd.h"
#include "common/nn/training/softmax_cross_entropy.h"
#include "common/round/feature_shape.h"
#include "common/round/model_layout.h"

namespace fedround::nn {

struct NetworkSpec {
  Preset preset = Preset::kMlp;
  std::size_t inputs = 0;  // features of an example
  FeatureShape image;      // their shape, if they are an image: of `inputs` features
  std::size_t classes = 0;
  std::vector<std::uint32_t> hidden;  // of "mlp"
  std::vector<PlugIn> layers;         // of "custom", without the output layer
  std::vector<std::string> freeze;    // names of layers that are not trained
  PlugIn activation{"relu", {}};
  kernels::ActivationKernel activation_kernel = kernels::ActivationKernel::kFast;
  PlugIn initialiser{"he", {}};
  bool skip_zeros = true;         // leave out inputs that are zero in a whole batch; equal results
  bool fuse_activations = false;  // no phase of their own in the forward pass; same bits
  bool flush_to_zero = false;     // denormal numbers are 0 in training and evaluation
  std::size_t max_parameters = 250'000'000;
};

// What an example passes through: the forward pass only, or a training step.
enum class Work { kForward, kTraining };

// The name of the last layer, which every network has.
inline constexpr absl::string_view kOutputLayer = "output";

// Examples scored at a time. Part of a score: products sum in an order that depends on it.
inline constexpr std::size_t kEvaluationBatch = 250;

class LayerObserver;
class StepProfile;
class Workspace;

class Network {
 public:
  // Errors: INVALID_ARGUMENT for an unknown layer, activation, initialiser or
  // frozen layer (with the nearest name), an activation without the kernel, a layer of size 0 or
  // one that does not fit its input, more than max_parameters.
  static absl::StatusOr<Network> Create(const NetworkSpec& spec);

  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;
  ~Network();

  // Those of frozen layers stay as they are.
  const ModelLayout& layout() const;
  const std::vector<TensorSpec>& tensors() const { return layout().tensors; }
  std::size_t parameter_count() const;
  std::size_t inputs() const;
  std::size_t classes() const;
  // Whether the first tensor is a dense layer's on the inputs themselves: [out, inputs].
  bool starts_dense() const;
  // Multiplications and additions in the products for one example. For training, this leaves out
  // what is not computed: gradients of the inputs, and of layers that are not trained.
  std::uint64_t flops_per_example(Work work) const;

  // Fills `parameters` [P] from (seed, tensor index), as the initialiser says: a tensor that is
  // drawn takes its values in row-major order from Rng(seed, kInitialWeights, 0, tensor index). A
  // normalisation starts with gain 1 and offset 0.
  void Initialise(std::uint64_t seed, std::span<float> parameters) const;

  // One step of SGD on `inputs` [B, inputs] and `labels` [B], in place. The update is fused into
  // the weight-gradient product: no gradient is kept. `velocity` is [P] if momentum > 0, else
  // empty; `anchor` is [P] if proximal_mu > 0, else empty. Returns the batch's loss before the
  // step. B <= the workspace's batch. Labels must be < classes(). `profile`, unless null, must have
  // been started, and gets this step's phases except kLoad, which is the caller's. Dropout layers
  // draw their masks from `dropout`; without it they pass everything on. `drift` is [P] or empty.
  BatchLoss TrainStep(std::span<float> parameters, std::span<const float> inputs,
                      std::span<const std::uint32_t> labels, const SgdOptions& options,
                      std::span<float> velocity, std::span<const float> anchor,
                      Workspace& workspace, StepProfile* profile = nullptr, Rng* dropout = nullptr,
                      std::span<const float> drift = {}) const;

  // Writes the gradient of the batch's mean loss with respect to `parameters` to `gradient` [P]; 0
  // where a layer is frozen. Dropout layers pass everything on.
  void Gradient(std::span<const float> parameters, std::span<const float> inputs,
                std::span<const std::uint32_t> labels, std::span<float> gradient,
                Workspace& workspace) const;

  // Loss and hits of `parameters` on a batch. `profile` as above; it gets the phases up to kLoss.
  // `observer`, unless null, sees each layer's output.
  BatchLoss Evaluate(std::span<const float> parameters, std::span<const float> inputs,
                     std::span<const std::uint32_t> labels, Workspace& workspace,
                     StepProfile* profile = nullptr, LayerObserver* observer = nullptr) const;

  // Writes the softmax of the outputs for `inputs` [B, inputs] to `probabilities` [B, classes].
  void Predict(std::span<const float> parameters, std::span<const float> inputs,
               std::span<float> probabilities, Workspace& workspace) const;

 private:
  friend class Workspace;
  struct Impl;
  // Also leaves the gradient of the loss in place of the logits: it costs next to nothing, and
  // TrainStep continues from there.
  BatchLoss Forward(std::span<const float> parameters, std::span<const float> inputs,
                    std::span<const std::uint32_t> labels, Workspace& workspace,
                    StepProfile* profile, Rng* dropout, LayerObserver* observer) const;
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

// The tables, for `fedround list` and for validation: one entry per file in activations/,
// initialisers/, layers/.
std::span<const PlugInInfo> Activations();
std::span<const PlugInInfo> Initialisers();
std::span<const PlugInInfo> Layers();

}  // namespace fedround::nn
