#include "common/nn/network.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/plug_in_table.h"
#include "common/base/rng.h"
#include "common/base/status_macros.h"
#include "common/nn/activations/table.h"
#include "common/nn/initialisers/table.h"
#include "common/nn/layer_stack.h"
#include "common/nn/layers/activation_layer.h"
#include "common/nn/layers/dense.h"
#include "common/nn/softmax_cross_entropy.h"
#include "common/nn/step_profile.h"

namespace fedround::nn {
namespace {

constexpr absl::string_view kPresets[] = {"mlp", "linear"};

// The widths between inputs and classes.
absl::StatusOr<std::vector<std::size_t>> HiddenWidths(const NetworkSpec& spec) {
  if (spec.preset == "linear") return std::vector<std::size_t>{};
  if (spec.preset == "mlp") return std::vector<std::size_t>(spec.hidden.begin(), spec.hidden.end());
  const absl::Status unknown = UnknownNameError("preset", spec.preset, kPresets);
  return absl::Status(unknown.code(), absl::StrCat("model.preset: ", unknown.message()));
}

absl::Status CheckPositive(const NetworkSpec& spec, std::span<const std::size_t> hidden) {
  const auto zero = [](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat(what, " = 0: must be >= 1"));
  };
  if (spec.inputs == 0) return zero("the data set's inputs");
  if (spec.classes == 0) return zero("the data set's classes");
  for (std::size_t i = 0; i < hidden.size(); ++i) {
    if (hidden[i] == 0) return zero(absl::StrCat("model.hidden[", i, "]"));
  }
  return absl::OkStatus();
}

// All sizes are checked before anything is multiplied, so that nothing overflows.
absl::StatusOr<LayerStack> MakeLayers(const NetworkSpec& spec,
                                      const ResolvedEntry<ActivationEntry>& activation) {
  ASSIGN_OR_RETURN(std::vector<std::size_t> widths, HiddenWidths(spec));
  RETURN_IF_ERROR(CheckPositive(spec, widths));
  widths.push_back(spec.classes);
  std::vector<std::unique_ptr<Layer>> layers;
  std::size_t in = spec.inputs;
  std::size_t room = spec.max_parameters;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const bool is_last = i + 1 == widths.size();
    if (in >= room || widths[i] > room / (in + 1)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "model.hidden: the network has more than limits.max_parameters = ", spec.max_parameters,
          " parameters; make it narrower or raise the limit"));
    }
    room -= widths[i] * (in + 1);
    layers.push_back(
        std::make_unique<Dense>(is_last ? "output" : absl::StrCat("hidden", i + 1), in, widths[i]));
    in = widths[i];
    if (is_last) break;
    layers.push_back(std::make_unique<ActivationLayer>(absl::StrCat("activation", i + 1),
                                                       layers.back()->out(),
                                                       activation.entry->make(activation.options)));
  }
  return LayerStack(std::move(layers));
}

// The gain for layer i's weights: that of the activation between it and the next weights. The last
// layer, which has none, takes that of the last activation before it; without any the gain is 1.
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
  std::vector<TensorSpec> tensors;
};

struct Workspace::Impl {
  LayerScratch scratch;
};

absl::StatusOr<Network> Network::Create(const NetworkSpec& spec) {
  ASSIGN_OR_RETURN(const auto activation, ResolveEntry("model.activation", "activation",
                                                       spec.activation, ActivationTable()));
  ASSIGN_OR_RETURN(auto initialiser,
                   ResolveEntry("model.init", "initialiser", spec.init, InitialiserTable()));
  ASSIGN_OR_RETURN(LayerStack stack, MakeLayers(spec, activation));
  std::vector<TensorSpec> tensors;
  for (std::size_t i = 0; i < stack.size(); ++i) {
    for (TensorSpec& tensor : stack.layer(i).tensors()) tensors.push_back(std::move(tensor));
  }
  return Network(
      std::make_unique<Impl>(Impl{std::move(stack), std::move(initialiser), std::move(tensors)}));
}

Network::Network(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;
Network::~Network() = default;

const std::vector<TensorSpec>& Network::tensors() const { return impl_->tensors; }
std::size_t Network::inputs() const { return impl_->stack.layer(0).in().size(); }
std::size_t Network::classes() const {
  return impl_->stack.layer(impl_->stack.size() - 1).out().size();
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
                             Workspace& workspace, StepProfile* profile) const {
  if (labels.empty()) return {};
  CHECK(options.momentum == 0.0f || velocity.size() == parameters.size());
  CHECK(options.proximal_mu == 0.0f || anchor.size() == parameters.size());
  const BatchLoss loss = Evaluate(parameters, inputs, labels, workspace, profile);
  impl_->stack.Backward(impl_->stack.all(), options, {parameters, velocity, anchor}, inputs,
                        workspace.impl_->scratch, profile);
  return loss;
}

// Also leaves the gradient of the loss in the place of the logits: it costs next to nothing, and
// TrainStep goes on from there.
BatchLoss Network::Evaluate(std::span<const float> parameters, std::span<const float> inputs,
                            std::span<const std::uint32_t> labels, Workspace& workspace,
                            StepProfile* profile) const {
  if (labels.empty()) return {};
  CHECK(parameters.size() == parameter_count());
  CHECK(inputs.size() == labels.size() * this->inputs());
  LayerScratch& scratch = workspace.impl_->scratch;
  scratch.set_batch(labels.size());
  const LayerRange all = impl_->stack.all();
  impl_->stack.Forward(all, parameters, inputs, scratch, profile);
  const BatchLoss loss = SoftmaxCrossEntropy(scratch.output(all.last - 1), labels);
  EndPhase(profile, StepPhase::kLoss);
  return loss;
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

std::span<const PlugInInfo> Initialisers() {
  static const std::vector<PlugInInfo> kInfos = TableInfos(InitialiserTable());
  return kInfos;
}

}  // namespace fedround::nn
