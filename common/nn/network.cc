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
absl::StatusOr<std::vector<Dense>> MakeLayers(const NetworkSpec& spec) {
  ASSIGN_OR_RETURN(std::vector<std::size_t> widths, HiddenWidths(spec));
  RETURN_IF_ERROR(CheckPositive(spec, widths));
  widths.push_back(spec.classes);
  std::vector<Dense> layers;
  std::size_t in = spec.inputs;
  std::size_t offset = 0;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const bool is_last = i + 1 == widths.size();
    const std::size_t room = spec.max_parameters - offset;
    if (in >= room || widths[i] > room / (in + 1)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "model.hidden: the network has more than limits.max_parameters = ", spec.max_parameters,
          " parameters; make it narrower or raise the limit"));
    }
    layers.emplace_back(is_last ? "output" : absl::StrCat("hidden", i + 1), in, widths[i], offset);
    offset += layers.back().parameter_count();
    in = widths[i];
  }
  return layers;
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
  ASSIGN_OR_RETURN(std::vector<Dense> layers, MakeLayers(spec));
  ASSIGN_OR_RETURN(auto activation, ResolveEntry("model.activation", "activation", spec.activation,
                                                 ActivationTable()));
  ASSIGN_OR_RETURN(auto initialiser,
                   ResolveEntry("model.init", "initialiser", spec.init, InitialiserTable()));
  std::vector<TensorSpec> tensors;
  for (const Dense& layer : layers) {
    tensors.push_back(layer.weight());
    tensors.push_back(layer.bias());
  }
  LayerStack stack(std::move(layers), activation.entry->make(activation.options));
  return Network(
      std::make_unique<Impl>(Impl{std::move(stack), std::move(initialiser), std::move(tensors)}));
}

Network::Network(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;
Network::~Network() = default;

const std::vector<TensorSpec>& Network::tensors() const { return impl_->tensors; }
std::size_t Network::inputs() const { return impl_->stack.layers().front().in(); }
std::size_t Network::classes() const { return impl_->stack.layers().back().out(); }
std::size_t Network::parameter_count() const {
  const Dense& last = impl_->stack.layers().back();
  return last.offset() + last.parameter_count();
}

void Network::Initialise(std::uint64_t seed, std::span<float> parameters) const {
  CHECK(parameters.size() == parameter_count());
  const std::vector<Dense>& layers = impl_->stack.layers();
  const auto& [entry, options] = impl_->initialiser;
  // Without a hidden layer there is no activation whose gain could count.
  const double gain = layers.size() == 1 ? 1.0 : impl_->stack.activation().gain();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Dense& layer = layers[i];
    const double deviation = entry->standard_deviation(options, {layer.in(), layer.out(), gain});
    const auto weight_index = static_cast<std::uint32_t>(2 * i);
    Rng rng(seed, RngPurpose::kInitialWeights, 0, weight_index);
    const auto slice = parameters.subspan(layer.offset(), layer.parameter_count());
    for (float& weight : slice.first(layer.weight_count())) {
      weight = static_cast<float>(deviation * rng.NextNormal());
    }
    for (float& bias : slice.last(layer.out())) bias = 0.0f;
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
