// Scores of models from files on the test split of a data set: each model by itself, and all of
// them as an ensemble.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/aligned_buffer.h"
#include "common/data/dataset.h"
#include "common/nn/network.h"

namespace fedround::analysis {

// Both are NaN if there are no test examples.
struct Score {
  double accuracy = 0;
  double loss = 0;  // mean cross-entropy, natural logarithm
};

struct Scores {
  std::string dataset;
  std::uint64_t examples = 0;
  std::vector<std::string> paths;
  std::vector<Score> models;  // [paths]
  Score mean;                 // of the models' scores
  Score ensemble;             // of the mean of the models' softmax probabilities
};

// `models`: safetensors files, or run folders that hold a model.safetensors; at least one. The
// network and the data set of a model come from `experiment` or, if that is empty, from the
// config.toml beside the model, with `overrides` as for LoadExperiment. Errors: NOT_FOUND for a
// missing file or data set; INVALID_ARGUMENT, with path and tensor, if a model does not fit its
// experiment's network, or if the models' data sets differ; those of LoadExperiment and
// ReadSafetensors.
absl::StatusOr<Scores> ScoreModels(std::span<const std::string> models,
                                   const std::string& experiment,
                                   std::span<const std::string> overrides = {});

}  // namespace fedround::analysis
