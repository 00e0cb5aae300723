#include "common/nn/activations/table.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/check.h"
#include "common/base/named_enum.h"
#include "common/base/plug_in_table.h"
#include "common/base/status_macros.h"
#include "common/kernels/activations.h"
#include "common/kernels/activations/all.h"
#include "common/kernels/activations/libm.h"

namespace fedround::nn {
namespace {

using kernels::ActivationId;
using kernels::ActivationKernel;

template <template <typename> typename F, ActivationId kId>
class FormulaActivation final : public Activation {
 public:
  FormulaActivation(double option, ActivationKernel kernel)
      : formula_(option), option_(option), kernel_(kernel) {}

  double gain() const override { return formula_.Gain(); }
  Keeps keeps() const override { return kFacts.keeps_input ? Keeps::kInput : Keeps::kOutput; }
  std::span<const double> kinks() const override { return formula_.Kinks(); }

  void Forward(std::span<const float> z, std::span<float> a) const override {
    kernels::ActivationForward(kId, kernel_, option_, z, a);
  }
  void Backward(std::span<const float> kept, std::span<float> gradient) const override {
    kernels::ActivationBackward(kId, kernel_, option_, kept, gradient);
  }

  double Value(double z) const override { return formula_.Value(z); }
  double Derivative(double z) const override {
    return formula_.Gradient(kFacts.keeps_input ? z : Value(z), 1.0);
  }

  static ActivationEntry Entry() {
    static const OptionSpec kOption = {.name = Text(kFacts.option.name),
                                       .default_value = kFacts.option.value,
                                       .help = Text(kFacts.option.help),
                                       .min = kFacts.option.min,
                                       .max = kFacts.option.max};
    const std::size_t options = kFacts.option.name == nullptr ? 0 : 1;
    return {{kFacts.name, kFacts.formula, kFacts.source, {&kOption, options}},
            kFacts.form,
            kFacts.has_customary_gain,
            [](double option, ActivationKernel kernel) -> std::unique_ptr<Activation> {
              return std::make_unique<FormulaActivation>(option, kernel);
            }};
  }

 private:
  using Reference = F<kernels::Libm<double>>;
  static constexpr kernels::ActivationFacts kFacts = Reference::kFacts;

  static absl::string_view Text(const char* text) { return text == nullptr ? "" : text; }

  Reference formula_;
  double option_;
  ActivationKernel kernel_;
};

absl::Status NoKernelError(const ActivationEntry& entry, ActivationKernel kernel) {
  std::vector<absl::string_view> has;
  for (const ActivationKernel other : kernels::kActivationKernels) {
    if (entry.has(other)) has.push_back(NameOf(other));
  }
  return absl::InvalidArgumentError(absl::StrCat("model.activation_kernel = \"", NameOf(kernel),
                                                 "\": activation \"", entry.info.name,
                                                 "\" has only ", absl::StrJoin(has, ", ")));
}

}  // namespace

std::unique_ptr<Activation> ActivationEntry::make(const PlugIn& resolved,
                                                  ActivationKernel kernel) const {
  CHECK(has(kernel));
  double option = 0;
  if (!info.options.empty()) {
    const OptionSpec& spec = info.options.front();
    option = resolved.Number(std::string(spec.name));
  }
  return make_with(option, kernel);
}

std::span<const ActivationEntry> ActivationTable() {
  static const ActivationEntry kEntries[] = {
#define FEDROUND_ACTIVATION(name) FormulaActivation<kernels::name, ActivationId::k##name>::Entry(),
#include "common/kernels/activations/table.inc"
#undef FEDROUND_ACTIVATION
  };
  return kEntries;
}

absl::StatusOr<std::unique_ptr<Activation>> MakeActivation(absl::string_view key,
                                                           const PlugIn& given,
                                                           ActivationKernel kernel) {
  ASSIGN_OR_RETURN(const auto resolved, ResolveEntry(key, "activation", given, ActivationTable()));
  if (!resolved.entry->has(kernel)) return NoKernelError(*resolved.entry, kernel);
  return resolved.entry->make(resolved.options, kernel);
}

}  // namespace fedround::nn
