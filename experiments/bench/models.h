// The networks that are measured: their names, and how much work they are.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/nn/network.h"

namespace fedround::bench {

inline constexpr std::size_t kMaxBatch = 1000;
inline constexpr std::size_t kClasses = 10;  // of every network

// What a step does.
enum class Pass { kTrain, kForward };

// A network without its activation.
struct Model {
  std::string name;  // as it was given
  nn::Preset preset = nn::Preset::kMlp;
  std::size_t inputs = 784;
  std::vector<std::uint32_t> hidden;

  // Of the plain network; `activation` with its default options.
  nn::NetworkSpec Spec(absl::string_view activation) const;
};

// "2nn,784-64x8,100-50-20x2": names between commas. 2nn is McMahan et al. 2017's 784-200x2, cnn
// their convolutional network; INPUTS-WIDTH-WIDTHxTIMES is a stack of dense layers.
// Errors: INVALID_ARGUMENT, with the entry and what is wrong with it.
absl::StatusOr<std::vector<Model>> ParseModels(absl::string_view text);

// "1,10,50": each 1 .. kMaxBatch. Errors: likewise.
absl::StatusOr<std::vector<std::size_t>> ParseBatches(absl::string_view text);

// What one example and one step cost at least.
struct Work {
  double forward_flops = 0;   // per example: two for each weight and place where it is used
  double training_flops = 0;  // likewise; without the gradient of the network's inputs
  double read_bytes = 0;      // per step: weights read in the forward and the backward pass
  double update_bytes = 0;    // per step: weights read and written by the update
};

Work WorkOf(const nn::Network& network);

}  // namespace fedround::bench
