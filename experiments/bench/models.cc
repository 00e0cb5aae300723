#include "experiments/bench/models.h"

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"

namespace fedround::bench {
namespace {

constexpr std::uint32_t kMaxWidth = 65'536;
constexpr std::uint32_t kMaxTimes = 256;

// `text` as a whole number of 1 .. `max`; `what` stands before the error.
absl::StatusOr<std::uint32_t> ParseCount(absl::string_view what, absl::string_view text,
                                         std::uint32_t max) {
  std::uint32_t value = 0;
  if (absl::SimpleAtoi(text, &value) && value >= 1 && value <= max) return value;
  return absl::InvalidArgumentError(
      absl::StrCat(what, " = ", text, ": must be a whole number of 1 .. ", max));
}

// "64x8": eight times 64.
absl::Status AppendWidths(absl::string_view what, absl::string_view text,
                          std::vector<std::uint32_t>& widths) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('x', 1));
  const bool repeated = parts.first.size() < text.size();
  ASSIGN_OR_RETURN(const std::uint32_t width,
                   ParseCount(absl::StrCat(what, ": width"), parts.first, kMaxWidth));
  std::uint32_t times = 1;
  if (repeated) {
    ASSIGN_OR_RETURN(times, ParseCount(absl::StrCat(what, ": times"), parts.second, kMaxTimes));
  }
  widths.insert(widths.end(), times, width);
  return absl::OkStatus();
}

absl::StatusOr<Model> ParseModel(absl::string_view what, absl::string_view name) {
  Model model{.name = std::string(name)};
  if (name == "cnn") {
    model.preset = nn::Preset::kCnn;
    return model;
  }
  if (name == "2nn") name = "784-200x2";
  const std::vector<absl::string_view> parts = absl::StrSplit(name, '-');
  if (parts.size() < 2) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " = ", name, ": must be 2nn, cnn or INPUTS-WIDTHxTIMES (784-64x8)"));
  }
  const std::string where = absl::StrCat(what, " = ", name);
  ASSIGN_OR_RETURN(model.inputs,
                   ParseCount(absl::StrCat(where, ": inputs"), parts.front(), kMaxWidth));
  for (std::size_t i = 1; i < parts.size(); ++i) {
    RETURN_IF_ERROR(AppendWidths(where, parts[i], model.hidden));
  }
  return model;
}

}  // namespace

nn::NetworkSpec Model::Spec(absl::string_view activation) const {
  const bool takes_images = preset == nn::Preset::kCnn;
  return {.preset = preset,
          .inputs = inputs,
          .image = takes_images ? FeatureShape{28, 28, 1} : FeatureShape{},
          .classes = kClasses,
          .hidden = hidden,
          .activation = {std::string(activation), {}}};
}

absl::StatusOr<std::vector<Model>> ParseModels(absl::string_view text) {
  std::vector<Model> models;
  for (const absl::string_view name : absl::StrSplit(text, ',')) {
    ASSIGN_OR_RETURN(Model model, ParseModel(absl::StrCat("--model[", models.size(), "]"), name));
    models.push_back(std::move(model));
  }
  return models;
}

absl::StatusOr<std::vector<std::size_t>> ParseBatches(absl::string_view text) {
  std::vector<std::size_t> batches;
  for (const absl::string_view entry : absl::StrSplit(text, ',')) {
    ASSIGN_OR_RETURN(const std::uint32_t batch,
                     ParseCount(absl::StrCat("--batch[", batches.size(), "]"), entry, kMaxBatch));
    batches.push_back(batch);
  }
  return batches;
}

Work WorkOf(const nn::Network& network) {
  Work work{.forward_flops = static_cast<double>(network.flops_per_example(nn::Work::kForward)),
            .training_flops = static_cast<double>(network.flops_per_example(nn::Work::kTraining))};
  bool first = true;
  for (const TensorSpec& tensor : network.tensors()) {
    const double bytes = static_cast<double>(tensor.elements()) * sizeof(float);
    work.read_bytes += bytes;
    work.update_bytes += 2 * bytes;
    if (tensor.shape.size() < 2) continue;
    if (!first) work.read_bytes += bytes;
    first = false;
  }
  return work;
}

}  // namespace fedround::bench
