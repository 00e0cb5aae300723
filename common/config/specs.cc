#include "common/config/specs.h"

#include "absl/strings/str_cat.h"
#include "common/algorithm/algorithm.h"
#include "common/base/status_macros.h"

namespace fedround {

absl::StatusOr<data::Dataset> OpenDataset(const Experiment& experiment) {
  const Experiment::Data& data = experiment.data;
  ASSIGN_OR_RETURN(data::Dataset dataset, OpenKnownDataset(experiment, ""));
  if (data.sha256.empty() || dataset.hash() == data.sha256) return dataset;
  const std::string name = absl::StrCat("data.name = \"", data.name.name, "\"");
  return absl::InvalidArgumentError(absl::StrCat(
      dataset.sources().empty() ? name : dataset.sources().front(), ": the contents have SHA-256 ",
      dataset.hash(), ": must be data.sha256 = ", data.sha256,
      "; to use other data, add --set data.sha256=\"\""));
}

absl::StatusOr<data::Dataset> OpenKnownDataset(const Experiment& experiment,
                                               const std::string& known_hash) {
  const Experiment::Data& data = experiment.data;
  const std::uint64_t seed = experiment.run.seed;
  ASSIGN_OR_RETURN(data::Dataset dataset,
                   data::Dataset::Open(data.name, data.scale, seed, data.layout, known_hash));
  dataset.AddLabelNoise(data.label_noise, seed);
  return dataset;
}

nn::NetworkSpec NetworkSpecOf(const Experiment& experiment, const data::Dataset& dataset) {
  return {.preset = experiment.model.preset,
          .inputs = dataset.inputs(),
          .image = dataset.shape(),
          .classes = dataset.classes(),
          .hidden = experiment.model.hidden,
          .layers = experiment.model.layer,
          .freeze = experiment.model.freeze,
          .activation = experiment.model.activation,
          .activation_kernel = experiment.model.activation_kernel,
          .initialiser = experiment.model.initialiser,
          .skip_zeros = experiment.model.skip_zeros,
          .fuse_activations = experiment.training.timing == Timing::kFused,
          .flush_to_zero = experiment.model.flush_to_zero,
          .max_parameters = experiment.limits.max_parameters};
}

data::DealSpec DealSpecOf(const Experiment& experiment) {
  return {.partition = experiment.data.partition,
          .clients = experiment.federation.clients,
          .examples_per_client = experiment.data.examples_per_client,
          .validation = experiment.data.validation,
          .seed = experiment.run.seed};
}

absl::StatusOr<std::unique_ptr<const codec::Codec>> UplinkCodec(const Experiment& experiment,
                                                                std::size_t update_size) {
  return codec::MakeCodec("uplink.codec", experiment.uplink.codec, update_size);
}

absl::StatusOr<UpdateLayout> UpdateLayoutOf(const Experiment& experiment, std::size_t update_size) {
  ASSIGN_OR_RETURN(const auto codec, UplinkCodec(experiment, update_size));
  ASSIGN_OR_RETURN(const algorithm::Needs needs,
                   algorithm::NeedsOf(experiment.federation.algorithm));
  return algorithm::LayoutOf(needs, update_size, codec->name());
}

RoundPlan RoundPlanOf(const Experiment& experiment) {
  return {.epochs = experiment.training.epochs,
          .batch_size = experiment.training.batch_size,
          .learning_rate = experiment.training.learning_rate,
          .momentum = experiment.training.momentum,
          .weight_decay = experiment.training.weight_decay,
          .proximal_mu = 0};
}

fold::Grid GridOf(const Experiment& experiment) {
  return {.scale_bits = experiment.fold.scale_bits,
          .max_abs = experiment.fold.max_abs,
          .max_total_weight = experiment.fold.max_total_weight};
}

std::uint64_t CohortSize(const Experiment& experiment) {
  const auto& federation = experiment.federation;
  return federation.cohort == 0 ? federation.clients : federation.cohort;
}

SlotOptions SlotOptionsOf(const Experiment& experiment, absl::string_view run_id) {
  return {.count = static_cast<int>(experiment.launch.slots),
          .pin = experiment.launch.pin,
          .of_the_run = experiment.launch.slots_scope == SlotsScope::kRun,
          .run_id = std::string(run_id)};
}

}  // namespace fedround
