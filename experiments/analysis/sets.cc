// Who took part follows from the seed; what was folded and with which weight, from the answers.
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "common/round/cohort.h"
#include "experiments/analysis/checks.h"
#include "experiments/analysis/finding.h"

namespace fedround::analysis {
namespace {

using ledger::AnswerRow;
using ledger::EvaluationRecord;
using ledger::HealthRow;
using ledger::MetricRow;
using ledger::RoundRow;

constexpr absl::string_view kTrainLoss = "train_loss";

std::uint64_t CohortSize(const Experiment& experiment) {
  const auto& federation = experiment.federation;
  return federation.cohort == 0 ? federation.clients : federation.cohort;
}

// A replay drops whom the run before it did not fold, whatever the seed says.
bool IsReplay(const ledger::Manifest& manifest) {
  return std::ranges::any_of(manifest.command, [](const std::string& argument) {
    return argument == "--replay" || absl::StartsWith(argument, "--replay=");
  });
}

absl::Status CheckCohort(const Run& run, const RoundRow& round) {
  const Experiment& experiment = run.experiment;
  RETURN_IF_ERROR(
      Equal(round, "cohort", round.cohort_size, "the configured size", CohortSize(experiment)));
  const std::uint64_t seed = experiment.run.seed;
  const std::vector<ClientId> cohort =
      DrawCohort(seed, round.round, experiment.federation.clients, round.cohort_size);
  const double dropout = IsReplay(run.manifest) ? 0 : experiment.federation.dropout;
  for (const AnswerRow& answer : OfRound(run.ledger.answers, round.round)) {
    if (!std::ranges::binary_search(cohort, answer.client)) {
      return Finding(NameOf(answer), "its client is not in the cohort that seed and round draw");
    }
    if (DropsOut(seed, round.round, answer.client, dropout)) {
      return Finding(NameOf(answer), "its client drops out of this round by seed");
    }
  }
  if (IsReplay(run.manifest)) return absl::OkStatus();
  const auto dropped = std::ranges::count_if(
      cohort, [&](ClientId client) { return DropsOut(seed, round.round, client, dropout); });
  return Equal(round, "dropped", round.dropped_count, "the number that the seed drops",
               static_cast<std::uint64_t>(dropped));
}

// Sums over what was folded in a round.
struct Folded {
  std::uint64_t count = 0;
  std::uint64_t weight = 0;
  double loss = 0;  // weight * train_loss, of those that report one
  double loss_weight = 0;
};

Folded SumFolded(const Run& run, std::uint32_t round) {
  std::map<ClientId, double> losses;
  for (const MetricRow& row : OfRound(run.ledger.metrics, round)) {
    // A loss that is not finite is NULL, and so is the mean.
    if (row.name == kTrainLoss) losses[row.client] = row.value.value_or(std::nan(""));
  }
  Folded sum;
  for (const AnswerRow& answer : OfRound(run.ledger.answers, round)) {
    if (answer.task != TaskKind::kTrain) continue;
    ++sum.count;
    sum.weight += answer.weight;
    const auto loss = losses.find(answer.client);
    if (loss == losses.end()) continue;
    sum.loss += static_cast<double>(answer.weight) * loss->second;
    sum.loss_weight += static_cast<double>(answer.weight);
  }
  return sum;
}

absl::Status CheckFolded(const Run& run, const RoundRow& round) {
  const Folded sum = SumFolded(run, round.round);
  RETURN_IF_ERROR(
      Equal(round, "folded", round.folded_count, "the number of its train answers", sum.count));
  RETURN_IF_ERROR(
      Equal(round, "total_weight", round.total_weight, "the sum of the answers'", sum.weight));
  if (run.experiment.federation.weighting == "uniform") {
    RETURN_IF_ERROR(Equal(round, "total_weight", round.total_weight,
                          "the number of uniformly weighted clients", sum.count));
  }
  const double mean = sum.loss_weight > 0 ? sum.loss / sum.loss_weight : std::nan("");
  const double recorded = round.train_loss.value_or(std::nan(""));
  const bool alike = std::isnan(mean) || std::isnan(recorded)
                         ? std::isnan(mean) == std::isnan(recorded)
                         : std::abs(mean - recorded) <= 1e-9 * std::abs(mean);
  if (alike) return absl::OkStatus();
  return Finding(NameOf(round),
                 absl::StrFormat("train_loss is %.17g, the weighted mean of metrics %.17g: "
                                 "difference %g",
                                 recorded, mean, recorded - mean));
}

// `client` reported the row with an update.
template <typename Row>
absl::Status CameWithUpdate(const Run& run, const Row& row, ClientId client) {
  const auto answers = OfRound(run.ledger.answers, row.round);
  const bool folded = std::ranges::any_of(answers, [client](const AnswerRow& answer) {
    return answer.client == client && answer.task == TaskKind::kTrain;
  });
  if (folded) return absl::OkStatus();
  return Finding(NameOf(row), "its client's update is not in the round's model");
}

absl::Status CheckMetrics(const Run& run) {
  for (const MetricRow& row : run.ledger.metrics) {
    RETURN_IF_ERROR(CameWithUpdate(run, row, row.client));
  }
  return absl::OkStatus();
}

// Each number once, and what it is about is there.
absl::Status CheckHealth(const Run& run) {
  std::set<std::tuple<std::optional<ClientId>, absl::string_view, absl::string_view>> of_round;
  std::uint32_t round = 0;
  for (const HealthRow& row : run.ledger.health) {
    if (row.round != round) of_round.clear();
    round = row.round;
    if (!of_round.emplace(row.client, row.layer, row.quantity).second) {
      return Finding(NameOf(row), "is there twice");
    }
    if (row.client.has_value()) {
      RETURN_IF_ERROR(CameWithUpdate(run, row, *row.client));
      continue;
    }
    const auto scores = OfRound(run.ledger.evaluations, row.round);
    const bool scored = std::ranges::any_of(
        scores, [](const EvaluationRecord& score) { return score.examples_of == "test"; });
    if (!scored) return Finding(NameOf(row), "its round's model was not scored on the test set");
  }
  return absl::OkStatus();
}

// The cohort scores the model of the round before, on all examples of those who answer.
absl::Status CheckClientScores(const Run& run) {
  if (run.experiment.federation.weighting == "uniform") return absl::OkStatus();
  for (const EvaluationRecord& score : run.ledger.evaluations) {
    // The last round's step may have been over when the run ended, and its round not.
    if (score.examples_of != "clients" || score.round >= run.rounds()) continue;
    std::uint64_t examples = 0;
    for (const AnswerRow& answer : OfRound(run.ledger.answers, score.round + 1)) {
      if (answer.task == TaskKind::kEvaluate) examples += answer.weight;
    }
    RETURN_IF_ERROR(Equal(score, "examples", score.examples,
                          "the weight of the next round's evaluate answers", examples));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckSets(const Run& run) {
  for (const RoundRow& round : run.ledger.rounds) {
    RETURN_IF_ERROR(CheckCohort(run, round));
    RETURN_IF_ERROR(CheckFolded(run, round));
  }
  RETURN_IF_ERROR(CheckMetrics(run));
  RETURN_IF_ERROR(CheckHealth(run));
  return CheckClientScores(run);
}

}  // namespace fedround::analysis
