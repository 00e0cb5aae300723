// Who took part follows from the seed; what was folded, and with which weight, from the answers.
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "common/config/specs.h"
#include "common/round/cohort.h"
#include "experiments/analysis/verify/checks.h"
#include "experiments/analysis/verify/finding.h"

namespace fedround::analysis {
namespace {

using ledger::AnswerRow;
using ledger::EvaluationRecord;
using ledger::HealthRow;
using ledger::MetricRow;
using ledger::RoundRow;

constexpr absl::string_view kTrainLoss = "train_loss";

// A replay drops those whom the original run did not fold, whatever the seed says.
bool IsReplay(const ledger::Manifest& manifest) {
  return std::ranges::any_of(manifest.command, [](const std::string& argument) {
    return argument == "--replay" || absl::StartsWith(argument, "--replay=");
  });
}

absl::Status CheckCohort(const Run& run, const RoundRow& round,
                         std::span<const AnswerRow> answers) {
  const Experiment& experiment = run.experiment;
  RETURN_IF_ERROR(
      Equal(round, "cohort", round.cohort_size, "the configured size", CohortSize(experiment)));
  const std::uint64_t seed = experiment.run.seed;
  const std::vector<ClientId> cohort =
      DrawCohort(seed, round.round, experiment.federation.clients, round.cohort_size);
  const double dropout = IsReplay(run.manifest) ? 0 : experiment.federation.dropout;
  for (const AnswerRow& answer : answers) {
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

// Sums over what was folded in a round. `long double` holds a sum of losses each of which only just
// fits into a double.
struct Folded {
  std::uint64_t count = 0;
  std::uint64_t weight = 0;
  long double loss = 0;  // weight * train_loss, of those that report one
  long double loss_weight = 0;
};

Folded SumFolded(const RoundRows& rows) {
  std::map<ClientId, double> losses;
  for (const MetricRow& row : rows.metrics) {
    // A loss that is not finite is NULL, and so is the mean.
    if (row.name == kTrainLoss) losses[row.client] = row.value.value_or(std::nan(""));
  }
  Folded sum;
  for (const AnswerRow& answer : rows.answers) {
    if (answer.task != TaskKind::kTrain) continue;
    ++sum.count;
    sum.weight += answer.weight;
    const auto loss = losses.find(answer.client);
    if (loss == losses.end()) continue;
    sum.loss += static_cast<long double>(answer.weight) * loss->second;
    sum.loss_weight += static_cast<long double>(answer.weight);
  }
  return sum;
}

// A round with too few answers can only have been abandoned, where that is allowed.
absl::Status CheckEnough(const Run& run, const RoundRow& round) {
  const Experiment::Federation& federation = run.experiment.federation;
  if (round.abandoned > 0) {
    RETURN_IF_ERROR(Equal(round, "abandoned", round.abandoned, "the most that",
                          std::uint32_t{federation.on_too_few == OnTooFew::kAbandon}));
    return Equal(round, "folded", round.folded_count, "what an abandoned round", std::uint64_t{0});
  }
  const std::uint64_t needed =
      std::min<std::uint64_t>(federation.min_updates, round.cohort_size - round.dropped_count);
  return AtMost(round, "the updates that it needs", static_cast<std::int64_t>(needed), "folded",
                static_cast<std::int64_t>(round.folded_count));
}

absl::Status CheckFolded(const Run& run, const RoundRows& rows) {
  const RoundRow& round = *rows.round;
  const Folded sum = SumFolded(rows);
  RETURN_IF_ERROR(
      Equal(round, "folded", round.folded_count, "the number of its train answers", sum.count));
  RETURN_IF_ERROR(
      Equal(round, "total_weight", round.total_weight, "the sum of the answers'", sum.weight));
  RETURN_IF_ERROR(CheckEnough(run, round));
  if (run.experiment.federation.weighting == Weighting::kUniform) {
    RETURN_IF_ERROR(Equal(round, "total_weight", round.total_weight,
                          "the number of uniformly weighted clients", sum.count));
  }
  const double mean =
      sum.loss_weight > 0 ? static_cast<double>(sum.loss / sum.loss_weight) : std::nan("");
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

// Checks that `client` reported the row with an update.
template <typename Row>
absl::Status CameWithUpdate(const RoundRows& rows, const Row& row, ClientId client) {
  const bool folded = std::ranges::any_of(rows.answers, [client](const AnswerRow& answer) {
    return answer.client == client && answer.task == TaskKind::kTrain;
  });
  if (folded) return absl::OkStatus();
  return Finding(NameOf(row), "its client's update is not in the round's model");
}

// Each number occurs once, and belongs to something that exists.
absl::Status CheckHealth(const RoundRows& rows) {
  std::set<std::tuple<std::optional<ClientId>, absl::string_view, absl::string_view>> seen;
  for (const HealthRow& row : rows.health) {
    if (!seen.emplace(row.client, row.layer, row.quantity).second) {
      return Finding(NameOf(row), "occurs twice");
    }
    if (row.client.has_value()) {
      RETURN_IF_ERROR(CameWithUpdate(rows, row, *row.client));
      continue;
    }
    const bool scored = std::ranges::any_of(rows.evaluations, [](const EvaluationRecord& score) {
      return score.examples_of == ledger::ExamplesOf::kTest;
    });
    if (!scored) return Finding(NameOf(row), "its round's model was not scored on the test set");
  }
  return absl::OkStatus();
}

}  // namespace

// The cohort scores the model of the previous round, on all examples of those who answer.
absl::Status SetCheck::CheckClientScore(const RoundRows& rows) const {
  if (!score_.has_value() || run_.experiment.federation.weighting == Weighting::kUniform) {
    return absl::OkStatus();
  }
  std::uint64_t examples = 0;
  for (const AnswerRow& answer : rows.answers) {
    if (answer.task == TaskKind::kEvaluate) examples += answer.weight;
  }
  return Equal(*score_, "examples", score_->examples,
               "the weight of the next round's evaluate answers", examples);
}

absl::Status SetCheck::Add(const RoundRows& rows) {
  if (rows.round != nullptr) {
    RETURN_IF_ERROR(CheckCohort(run_, *rows.round, rows.answers));
    RETURN_IF_ERROR(CheckFolded(run_, rows));
    // When the run ended, the evaluation step may have been over although its round was not.
    RETURN_IF_ERROR(CheckClientScore(rows));
  }
  for (const MetricRow& row : rows.metrics) {
    RETURN_IF_ERROR(CameWithUpdate(rows, row, row.client));
  }
  RETURN_IF_ERROR(CheckHealth(rows));
  score_.reset();
  for (const EvaluationRecord& score : rows.evaluations) {
    if (score.examples_of == ledger::ExamplesOf::kClients) score_ = score;
  }
  return absl::OkStatus();
}

}  // namespace fedround::analysis
