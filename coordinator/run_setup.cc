#include "coordinator/run_setup.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/config/specs.h"
#include "common/round/cohort.h"

namespace fedround::coordinator {

namespace {

// Of one answer. What is folded of it is 1 with uniform weighting, whatever it reports; but its
// examples are summed as well, in the ledger and in clients' scores, and the sum must be exact.
std::uint64_t MaxWeight(const Experiment& experiment) {
  constexpr std::uint64_t kExactDouble = std::uint64_t{1} << 53;
  const bool uniform = experiment.federation.weighting == Weighting::kUniform;
  return (uniform ? kExactDouble : experiment.fold.max_total_weight) / CohortSize(experiment);
}

}  // namespace

EngineOptions MakeEngineOptions(const Experiment& experiment, const algorithm::Server& algorithm,
                                std::vector<std::vector<ClientId>> replay) {
  const auto& federation = experiment.federation;
  const std::uint64_t cohort = CohortSize(experiment);
  const Nanos deadline = ToNanos(federation.deadline_s);
  EngineOptions options{
      .seed = experiment.run.seed,
      .rounds = experiment.run.rounds,
      .clients = federation.clients,
      .cohort = cohort,
      .max_abandoned = federation.on_too_few == OnTooFew::kAbandon ? federation.max_abandoned : 0,
      .dropout = federation.dropout,
      .join_deadline = ToNanos(federation.join_deadline_s),
      .evaluate_every = experiment.evaluation.every,
      .evaluate_beside = experiment.evaluation.when == EvaluateWhen::kBeside,
      .max_weight = MaxWeight(experiment),
      .plan = RoundPlanOf(experiment),
      .replay = std::move(replay)};
  if (experiment.evaluation.federated) {
    options.steps.push_back({.task = TaskKind::kEvaluate, .deadline = deadline});
  }
  options.steps.push_back({.task = TaskKind::kTrain,
                           .min = federation.min_updates,
                           .at_least = algorithm::NeedsOf(federation.algorithm)->min_answers,
                           .target = federation.target_updates,
                           .deadline = deadline});
  algorithm.AdjustPlan(options.plan);
  return options;
}

// An update is the learning rate times a sum of gradients, most of which are well below 1. On
// Fashion-MNIST accuracy begins to suffer where the resolution is an eighth of the learning rate.
std::optional<std::string> CoarseGridNotice(const Experiment& experiment) {
  constexpr int kStepsPerLearningRate = 8;
  const double learning_rate = experiment.training.learning_rate;
  const double resolution = std::ldexp(1.0, -static_cast<int>(experiment.fold.scale_bits));
  if (!(learning_rate > 0) || resolution * kStepsPerLearningRate <= learning_rate) {
    return std::nullopt;
  }
  constexpr int kMostScaleBits = 40;  // as in experiment.proto
  const double enough = std::ceil(std::log2(kStepsPerLearningRate / learning_rate));
  const std::string advice =
      enough <= kMostScaleBits ? absl::StrCat("raise it to ", static_cast<int>(enough), " or more")
                               : "no grid is fine enough, raise training.learning_rate";
  return absl::StrCat("fold.scale_bits = ", experiment.fold.scale_bits,
                      ": updates are rounded to multiples of ", resolution,
                      ", and with training.learning_rate = ", learning_rate,
                      " most of an update may round to 0: ", advice);
}

std::optional<std::string> TimingMattersNotice(const Experiment& experiment, bool replayed) {
  const std::uint32_t target = experiment.federation.target_updates;
  if (replayed || target == 0 || target >= CohortSize(experiment)) return std::nullopt;
  return absl::StrCat("federation.target_updates = ", target, " of ", CohortSize(experiment),
                      ": who comes first depends on timing; to repeat this run bit for bit, replay "
                      "it (--replay)");
}

absl::StatusOr<std::vector<SectionFormat>> SectionsOf(const Experiment& experiment,
                                                      const UpdateLayout& layout) {
  std::vector<SectionFormat> sections;
  for (const VectorLayout& vector : layout.vectors) {
    // Only the update itself is compressed.
    ASSIGN_OR_RETURN(auto codec, sections.empty()
                                     ? UplinkCodec(experiment, vector.elements)
                                     : codec::MakeCodec(vector.name, {}, vector.elements));
    sections.push_back({vector.name, std::move(codec)});
  }
  return sections;
}

absl::Status CheckLayout(const Experiment& experiment, const UpdateLayout& layout) {
  const std::uint64_t most_weight = experiment.fold.max_total_weight;
  for (const ScalarLayout& scalar : layout.scalars) {
    if (scalar.max <= std::numeric_limits<std::int64_t>::max() / most_weight) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("fold.max_total_weight = ", most_weight, ": federation.algorithm \"",
                     experiment.federation.algorithm.name, "\" sums \"", scalar.name,
                     "\", which may be ", scalar.max, ": their product must stay below 2^63"));
  }
  const std::uint64_t bytes = CohortSize(experiment) * TotalElements(layout) * sizeof(float);
  if (!layout.kept || bytes <= experiment.limits.kept_updates_bytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("limits.kept_updates_bytes = ", experiment.limits.kept_updates_bytes,
                   ": federation.algorithm \"", experiment.federation.algorithm.name,
                   "\" keeps the updates of a whole cohort, ", CohortSize(experiment), " times ",
                   TotalElements(layout) * sizeof(float), " bytes = ", bytes,
                   ": allow that much, or draw a smaller federation.cohort"));
}

absl::Status CheckWeights(const Experiment& experiment, ExamplesOfClients examples) {
  if (experiment.federation.weighting == Weighting::kUniform) {
    if (CohortSize(experiment) <= experiment.fold.max_total_weight) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("fold.max_total_weight = ", experiment.fold.max_total_weight,
                     ": must be >= the cohort's ", CohortSize(experiment),
                     " clients, each of which weighs 1 (federation.weighting = \"uniform\")"));
  }
  const std::uint64_t most = experiment.fold.max_total_weight / CohortSize(experiment);
  for (ClientId client = 0; client < experiment.federation.clients; ++client) {
    const std::uint64_t count = examples(client).value_or(0);
    if (count <= most) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "client ", client, " has ", count, " examples; fold.max_total_weight = ",
        experiment.fold.max_total_weight, " allows ", most, " for each of a cohort of ",
        CohortSize(experiment), ": raise it and lower fold.scale_bits"));
  }
  return absl::OkStatus();
}

absl::Status CheckReplay(const Experiment& experiment,
                         const std::vector<std::vector<ClientId>>& replay) {
  if (replay.empty()) return absl::OkStatus();
  if (replay.size() != experiment.run.rounds) {
    return absl::InvalidArgumentError(
        absl::StrCat("replay: the earlier run has ", replay.size(),
                     " rounds; run.rounds = ", experiment.run.rounds));
  }
  for (std::uint32_t round = 1; round <= replay.size(); ++round) {
    const std::vector<ClientId> cohort = DrawCohort(
        experiment.run.seed, round, experiment.federation.clients, CohortSize(experiment));
    const std::vector<ClientId>& folded = replay[round - 1];
    if (std::includes(cohort.begin(), cohort.end(), folded.begin(), folded.end())) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("replay: round ", round,
                     " of the earlier run folded clients that are not in this "
                     "experiment's cohort: give the same run.seed, federation.clients and cohort"));
  }
  return absl::OkStatus();
}

}  // namespace fedround::coordinator
