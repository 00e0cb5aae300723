#include "coordinator/model/initial_model.h"

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/hash.h"
#include "common/base/io/file.h"
#include "common/base/status_macros.h"
#include "common/kernels/quantise.h"
#include "common/nn/safetensors.h"
#include "common/round/named_parameters.h"

namespace fedround::coordinator {
namespace {

// In addition to the parameters, a file holds its header, and perhaps another head.
constexpr std::uint64_t kRoomForMore = std::uint64_t{64} << 20;

// "hidden1, hidden2; output is new".
std::string LayersText(std::span<const TensorSpec> specs, bool with_head) {
  std::vector<absl::string_view> layers;
  for (const TensorSpec& spec : specs) {
    const absl::string_view layer = LayerOf(spec);
    if (layer == nn::kOutputLayer && !with_head) continue;
    if (layers.empty() || layers.back() != layer) layers.push_back(layer);
  }
  if (layers.empty()) return "nothing; output is new";
  return absl::StrCat(absl::StrJoin(layers, ", "), with_head ? "" : "; output is new");
}

absl::Status CheckHash(const std::string& sha256, const std::string& must) {
  if (must.empty() || sha256 == must) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("has SHA-256 ", sha256, ": must be model.initial_weights_sha256 = ", must));
}

absl::Status CheckFinite(const NamedParameters& file) {
  std::size_t offset = 0;
  for (const TensorSpec& spec : file.specs) {
    const auto tensor = file.parameters.span().subspan(offset, spec.elements());
    offset += tensor.size();
    if (kernels::AllWithin(tensor, std::numeric_limits<float>::max())) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("tensor \"", absl::Utf8SafeCEscape(spec.name),
                     "\": has an entry that is infinite or not a number: all must be finite"));
  }
  return absl::OkStatus();
}

absl::StatusOr<InitialWeights> Parse(const std::string& bytes, const std::string& must_hash) {
  InitialWeights weights{.sha256 = Sha256Hex(absl::string_view(bytes))};
  RETURN_IF_ERROR(CheckHash(weights.sha256, must_hash));
  ASSIGN_OR_RETURN(weights.tensors,
                   nn::ParseSafetensors(std::as_bytes(std::span(bytes)), bytes.size()));
  RETURN_IF_ERROR(CheckFinite(weights.tensors));
  return weights;
}

std::string FileText(const Experiment& experiment) {
  return absl::StrCat("model.initial_weights: ", experiment.model.initial_weights);
}

}  // namespace

absl::StatusOr<InitialWeights> ReadInitialWeights(const Experiment& experiment) {
  const std::uint64_t limit = experiment.limits.max_parameters * sizeof(float) + kRoomForMore;
  const absl::StatusOr<std::string> bytes = ReadFile(experiment.model.initial_weights, limit);
  if (!bytes.ok()) return Annotate("model.initial_weights", bytes.status());
  absl::StatusOr<InitialWeights> weights = Parse(*bytes, experiment.model.initial_weights_sha256);
  if (!weights.ok()) return Annotate(FileText(experiment), weights.status());
  return weights;
}

std::string SourceText(absl::string_view path, absl::string_view sha256,
                       std::span<const TensorSpec> tensors, bool with_head) {
  return absl::StrCat(path, " (SHA-256 ", sha256, "): ", LayersText(tensors, with_head));
}

absl::StatusOr<InitialModel> MakeInitialModel(const Experiment& experiment,
                                              const nn::Network& network) {
  InitialModel initial{.parameters = FloatBuffer(network.parameter_count())};
  network.Initialise(experiment.run.seed, initial.parameters.span());
  const std::string& path = experiment.model.initial_weights;
  if (path.empty()) return initial;
  ASSIGN_OR_RETURN(const InitialWeights weights, ReadInitialWeights(experiment));
  const absl::StatusOr<bool> with_head = CopyBelowHead(network.tensors(), weights.tensors,
                                                       nn::kOutputLayer, initial.parameters.span());
  if (!with_head.ok()) return Annotate(FileText(experiment), with_head.status());
  initial.sha256 = weights.sha256;
  initial.source = SourceText(path, weights.sha256, network.tensors(), *with_head);
  return initial;
}

}  // namespace fedround::coordinator
