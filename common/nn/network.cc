#include "common/nn/network.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/base/cpu/flush_to_zero.h"
#include "common/base/plug_in_table.h"
#include "common/base/rng.h"
#include "common/base/status_macros.h"
#include "common/nn/activations/table.h"
#include "common/nn/architecture.h"
#include "common/nn/initialisers/table.h"
#include "common/nn/layer_stack.h"
#include "common/nn/layers/table.h"
#include "common/nn/training/softmax_cross_entropy.h"
#include "common/nn/training/step_profile.h"

namespace fedround::nn {
namespace {

// The gain for layer i's weights: that of the activation between it and the next weights. The last
// layer, which has none, uses that of the last activation before it; if there is none the gain is
// 1.
double GainBehind(const LayerStack& stack, std::size_t i) {
  for (std::size_t k = i + 1; k < stack.size() && !stack.layer(k).fan(); ++k) {
    if (const Activation* activation = stack.layer(k).activation()) return activation->gain();
  }
  if (i + 1 < stack.size()) return 1.0;
  for (std::size_t k = i; k-- > 0;) {
    if (const Activation* activation = stack.layer(k).activation()) return activation->gain();
  }
  return 1.0;
}

}  // namespace

struct Network::Impl {
  LayerStack stack;
  ResolvedEntry<InitialiserEntry> initialiser;
  ModelLayout layout;
  bool flush_to_zero;
};

struct Workspace::Impl {
  LayerScratch scratch;
};

absl::StatusOr<Network> Network::Create(const NetworkSpec& spec) {
  // Checked even if no layer uses it.
  RETURN_IF_ERROR(
      MakeActivation("model.activation", spec.activation, spec.activation_kernel).status());
  ASSIGN_OR_RETURN(auto initialiser, ResolveEntry("model.initialiser", "initialiser",
                                                  spec.initialiser, InitialiserTable()));
  ASSIGN_OR_RETURN(LayerStack stack, MakeLayers(spec));
  ModelLayout layout;
  for (std::size_t i = 0; i < stack.size(); ++i) {
    for (TensorSpec& tensor : stack.layer(i).tensors()) {
      layout.tensors.push_back(std::move(tensor));
      layout.fates.push_back(stack.is_trained(i) ? Fate::kShared : Fate::kFrozen);
    }
  }
  return Network(std::make_unique<Impl>(
      Impl{std::move(stack), std::move(initialiser), std::move(layout), spec.flush_to_zero}));
}

Network::Network(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;
Network::~Network() = default;

const ModelLayout& Network::layout() const { return impl_->layout; }
std::size_t Network::inputs() const { return impl_->stack.layer(0).in().size(); }
std::size_t Network::classes() const {
  return impl_->stack.layer(impl_->stack.size() - 1).out().size();
}
bool Network::starts_dense() const {
  const Layer& first = impl_->stack.layer(0);
  return first.fan().has_value() && first.tensors().front().shape.size() == 2;
}
std::size_t Network::parameter_count() const { return impl_->stack.parameter_count(); }

std::uint64_t Network::flops_per_example(Work work) const {
  const LayerStack& stack = impl_->stack;
  std::uint64_t flops = 0;
  for (std::size_t i = 0; i < stack.size(); ++i) {
    const std::uint64_t forward = stack.layer(i).flops();
    flops += forward;
    if (work == Work::kForward) continue;
    if (i > stack.first_trained()) flops += forward;
    if (stack.is_trained(i)) flops += forward;
  }
  return flops;
}

void Network::Initialise(std::uint64_t seed, std::span<float> parameters) const {
  CHECK(parameters.size() == parameter_count());
  const LayerStack& stack = impl_->stack;
  const auto& [entry, options] = impl_->initialiser;
  std::uint32_t tensor = 0;
  for (std::size_t i = 0; i < stack.size(); ++i) {
    const std::span<float> own = stack.Own(i, parameters);
    if (const std::optional<Fan> fan = stack.layer(i).fan()) {
      const std::size_t weights = stack.layer(i).tensors().front().elements();
      FreshLayer fresh{.fan_in = fan->in,
                       .fan_out = fan->out,
                       .gain = GainBehind(stack, i),
                       .weight = own.first(weights),
                       .bias = own.subspan(weights),
                       .weight_rng = Rng(seed, RngPurpose::kInitialWeights, 0, tensor),
                       .bias_rng = Rng(seed, RngPurpose::kInitialWeights, 0, tensor + 1)};
      entry->fill(options, fresh);
    } else {
      stack.layer(i).SetInitial(own);
    }
    tensor += static_cast<std::uint32_t>(stack.layer(i).tensors().size());
  }
}

BatchLoss Network::TrainStep(std::span<float> parameters, std::span<const float> inputs,
                             std::span<const std::uint32_t> labels, const SgdOptions& options,
                             std::span<float> velocity, std::span<const float> anchor,
                             Workspace& workspace, StepProfile* profile, Rng* dropout,
                             std::span<const float> drift) const {
  if (labels.empty()) return {};
  CHECK(options.momentum == 0.0f || velocity.size() == parameters.size());
  CHECK(options.proximal_mu == 0.0f || anchor.size() == parameters.size());
  CHECK(drift.empty() || drift.size() == parameters.size());
  const ScopedFlushToZero flush(impl_->flush_to_zero);
  const BatchLoss loss = Forward(parameters, inputs, labels, workspace, profile, dropout, nullptr);
  impl_->stack.Backward(impl_->stack.all(), options, {parameters, velocity, anchor, drift}, inputs,
                        workspace.impl_->scratch, profile);
  return loss;
}

void Network::Gradient(std::span<const float> parameters, std::span<const float> inputs,
                       std::span<const std::uint32_t> labels, std::span<float> gradient,
                       Workspace& workspace) const {
  CHECK(gradient.size() == parameter_count());
  std::ranges::fill(gradient, 0.0f);
  if (labels.empty()) return;
  const ScopedFlushToZero flush(impl_->flush_to_zero);
  Forward(parameters, inputs, labels, workspace, nullptr, nullptr, nullptr);
  impl_->stack.AddGradient(impl_->stack.all(), parameters, inputs, workspace.impl_->scratch,
                           gradient);
}

BatchLoss Network::Evaluate(std::span<const float> parameters, std::span<const float> inputs,
                            std::span<const std::uint32_t> labels, Workspace& workspace,
                            StepProfile* profile, LayerObserver* observer) const {
  if (labels.empty()) return {};
  return Forward(parameters, inputs, labels, workspace, profile, nullptr, observer);
}

BatchLoss Network::Forward(std::span<const float> parameters, std::span<const float> inputs,
                           std::span<const std::uint32_t> labels, Workspace& workspace,
                           StepProfile* profile, Rng* dropout, LayerObserver* observer) const {
  CHECK(parameters.size() == parameter_count());
  CHECK(inputs.size() == labels.size() * this->inputs());
  const ScopedFlushToZero flush(impl_->flush_to_zero);
  LayerScratch& scratch = workspace.impl_->scratch;
  scratch.set_batch(labels.size());
  const LayerRange all = impl_->stack.all();
  impl_->stack.Forward(all, parameters, inputs, scratch, profile, dropout, observer);
  const BatchLoss loss = SoftmaxCrossEntropy(scratch.output(all.last - 1), labels);
  EndPhase(profile, StepPhase::kLoss);
  return loss;
}

void Network::Predict(std::span<const float> parameters, std::span<const float> inputs,
                      std::span<float> probabilities, Workspace& workspace) const {
  CHECK(parameters.size() == parameter_count());
  const std::size_t batch = inputs.size() / this->inputs();
  CHECK(inputs.size() == batch * this->inputs() && probabilities.size() == batch * classes());
  if (batch == 0) return;
  const ScopedFlushToZero flush(impl_->flush_to_zero);
  LayerScratch& scratch = workspace.impl_->scratch;
  scratch.set_batch(batch);
  const LayerRange all = impl_->stack.all();
  impl_->stack.Forward(all, parameters, inputs, scratch);
  std::ranges::copy(scratch.output(all.last - 1), probabilities.begin());
  Softmax(probabilities, classes());
}

Workspace::Workspace(const Network& network, std::size_t batch)
    : impl_(std::make_unique<Impl>(Impl{LayerScratch(network.impl_->stack, batch)})) {}
Workspace::~Workspace() = default;
Workspace::Workspace(Workspace&&) noexcept = default;
Workspace& Workspace::operator=(Workspace&&) noexcept = default;
std::size_t Workspace::batch() const { return impl_->scratch.max_batch(); }

std::span<const PlugInInfo> Activations() {
  static const std::vector<PlugInInfo> kInfos = TableInfos(ActivationTable());
  return kInfos;
}

std::span<const PlugInInfo> Layers() {
  static const std::vector<PlugInInfo> kInfos = TableInfos(LayerTable());
  return kInfos;
}

std::span<const PlugInInfo> Initialisers() {
  static const std::vector<PlugInInfo> kInfos = TableInfos(InitialiserTable());
  return kInfos;
}

}  // namespace fedround::nn
