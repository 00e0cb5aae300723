#include "experiments/analysis/score.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/cpu/simd.h"
#include "common/base/io/file.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/config/experiment.h"
#include "common/config/specs.h"
#include "common/nn/safetensors.h"
#include "common/round/named_parameters.h"

namespace fedround::analysis {
namespace {

struct Model {
  nn::Network network;
  FloatBuffer parameters;
  nn::Workspace workspace;
};

absl::StatusOr<Experiment> ExperimentOf(const std::string& model, const std::string& given,
                                        std::span<const std::string> overrides) {
  if (!given.empty()) return LoadExperiment(given, overrides);
  const std::string beside = std::filesystem::path(model).replace_filename("config.toml").string();
  absl::StatusOr<Experiment> experiment = LoadExperiment(beside, overrides);
  if (!absl::IsNotFound(experiment.status())) return experiment;
  return absl::NotFoundError(absl::StrCat(model, ": there is no config.toml beside it; name ",
                                          "its experiment with --experiment FILE"));
}

absl::StatusOr<Model> LoadModel(const std::string& path, const Experiment& experiment,
                                const data::Dataset& dataset) {
  ASSIGN_OR_RETURN(nn::Network network, nn::Network::Create(NetworkSpecOf(experiment, dataset)));
  ASSIGN_OR_RETURN(const NamedParameters file,
                   nn::ReadSafetensors(path, experiment.limits.max_parameters));
  absl::StatusOr<FloatBuffer> parameters = LaidOutAs(network.tensors(), file);
  if (!parameters.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", parameters.status().message()));
  }
  nn::Workspace workspace(network, nn::kEvaluationBatch);
  return Model{std::move(network), *std::move(parameters), std::move(workspace)};
}

// Adds up the scores of all models over the batches of a data set.
class Scorer {
 public:
  explicit Scorer(std::vector<Model> models)
      : models_(std::move(models)), totals_(models_.size()) {}

  void Add(std::span<const float> inputs, std::span<const std::uint32_t> labels) {
    const std::size_t classes = models_[0].network.classes();
    std::vector<float> probabilities(labels.size() * classes);
    std::vector<double> mean(probabilities.size());
    for (std::size_t i = 0; i < models_.size(); ++i) {
      Model& model = models_[i];
      const nn::BatchLoss loss =
          model.network.Evaluate(model.parameters.span(), inputs, labels, model.workspace);
      totals_[i].loss_sum += loss.loss_sum;
      totals_[i].correct += loss.correct;
      model.network.Predict(model.parameters.span(), inputs, probabilities, model.workspace);
      for (std::size_t j = 0; j < mean.size(); ++j) {
        mean[j] += static_cast<double>(probabilities[j]) / static_cast<double>(models_.size());
      }
    }
    for (std::size_t n = 0; n < labels.size(); ++n) {
      const auto row = std::span(mean).subspan(n * classes, classes);
      const auto best = static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
      if (best == labels[n]) ++ensemble_.correct;
      ensemble_.loss_sum -= std::log(row[labels[n]]);
    }
    examples_ += labels.size();
  }

  void Finish(Scores& scores) const {
    scores.examples = examples_;
    for (const nn::BatchLoss& total : totals_) {
      const Score score = MeanOf(total);
      scores.models.push_back(score);
      scores.mean.accuracy += score.accuracy / static_cast<double>(totals_.size());
      scores.mean.loss += score.loss / static_cast<double>(totals_.size());
    }
    scores.ensemble = MeanOf(ensemble_);
  }

 private:
  Score MeanOf(const nn::BatchLoss& total) const {
    const auto examples = static_cast<double>(examples_);
    return {static_cast<double>(total.correct) / examples, total.loss_sum / examples};
  }

  std::vector<Model> models_;
  std::vector<nn::BatchLoss> totals_;
  nn::BatchLoss ensemble_;
  std::uint64_t examples_ = 0;
};

absl::Status ScoreTestSplit(const data::Dataset& dataset, Scorer& scorer) {
  std::vector<float> inputs(nn::kEvaluationBatch * dataset.inputs());
  std::vector<std::uint32_t> labels(nn::kEvaluationBatch);
  std::vector<std::uint32_t> positions(nn::kEvaluationBatch);
  std::iota(positions.begin(), positions.end(), 0U);
  std::vector<std::uint32_t> rows(dataset.size(data::Split::kTest));
  std::iota(rows.begin(), rows.end(), 0U);
  for (std::size_t first = 0; first < rows.size(); first += nn::kEvaluationBatch) {
    const std::size_t count = std::min(nn::kEvaluationBatch, rows.size() - first);
    ASSIGN_OR_RETURN(const data::Examples examples,
                     dataset.Read(data::Split::kTest, std::span(rows).subspan(first, count)));
    const auto batch = std::span(inputs).first(count * dataset.inputs());
    examples.Gather(std::span(positions).first(count), batch, std::span(labels).first(count));
    scorer.Add(batch, std::span(labels).first(count));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Scores> ScoreModels(std::span<const std::string> models,
                                   const std::string& experiment_file,
                                   std::span<const std::string> overrides) {
  CHECK(!models.empty());
  Scores scores;
  std::vector<Model> loaded;
  std::optional<data::Dataset> dataset;
  double scale = 0;
  for (const std::string& given : models) {
    const bool folder = std::filesystem::is_directory(given);
    const std::string path = folder ? given + "/model.safetensors" : given;
    if (!FileExists(path)) return absl::NotFoundError(absl::StrCat(path, ": no such file"));
    ASSIGN_OR_RETURN(const Experiment experiment, ExperimentOf(path, experiment_file, overrides));
    if (experiment.model.preset == nn::Preset::kExternal) {
      return absl::InvalidArgumentError(
          absl::StrCat(path,
                       ": its experiment has model.preset = \"external\": only the clients of "
                       "such a run can score its models; `fedround show` says how they did"));
    }
    // At the level of the run itself; at another the same model would score slightly differently.
    RETURN_IF_ERROR(UseSimdLevel(LevelOf(experiment.model.simd)));
    ASSIGN_OR_RETURN(data::Dataset own, OpenDataset(experiment));
    if (!dataset.has_value() && !own.warning().empty()) LogInfo(own.warning());
    ASSIGN_OR_RETURN(Model model, LoadModel(path, experiment, own));
    loaded.push_back(std::move(model));
    scores.paths.push_back(path);
    if (!dataset.has_value()) {
      dataset = std::move(own);
      scale = experiment.data.scale;
      scores.dataset = experiment.data.name.name;
    } else if (own.hash() != dataset->hash() || experiment.data.scale != scale) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": its experiment uses other data than that of ", scores.paths[0],
                       "; name one for all with --experiment FILE"));
    }
  }
  Scorer scorer(std::move(loaded));
  RETURN_IF_ERROR(ScoreTestSplit(*dataset, scorer));
  scorer.Finish(scores);
  return scores;
}

}  // namespace fedround::analysis
