// `fedround bench step`: what a training step costs, compared with the machine's limits, and how
// much of it is the activation.
//
// A case is one network shape, batch size and kind of weights. In it the same network with each
// activation takes turns with the machine's limits. All variants use the same memory and the same
// examples, with a learning rate so small that the weights hardly change.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "experiments/bench/estimate.h"
#include "experiments/bench/kernels.h"
#include "experiments/bench/limits.h"
#include "experiments/bench/models.h"

namespace fedround::bench {

enum class Weights {
  kInitial,
  kTrained,  // 600 steps on batches of 10
};
absl::string_view WeightsName(Weights weights);

struct StepOptions {
  std::vector<Model> models;
  std::vector<std::size_t> batches;
  std::vector<Weights> weights;
  std::string data = "synthetic";
  std::vector<std::string> activations;  // in addition to identity and relu
  // kFast first: others are compared with it.
  std::vector<ActivationKernel> kernels = {ActivationKernel::kFast};
  Pass pass = Pass::kTrain;
  bool one_dnn = false;                   // also the same step over oneDNN's matrix product
  Nanos budget_ns = 4 * kNanosPerSecond;  // per case
  // What is going on, and how much of it is done; may be empty.
  std::function<void(const std::string& what, double share)> progress;
};

// One network of a case.
struct StepRow {
  std::string activation;
  std::string kernel;
  Estimate us_per_step;
  Estimate samples_per_s;
  Estimate gflops;
  Estimate peak_ratio;  // of the multiply-add limit
  Estimate l2_ratio;    // time for the step's weights at the L2 limits / time of a step
  // The time beyond that of the same network with the identity, as a share of its own step. 0 for
  // the identity itself.
  Estimate activation_share;
};

// (a - b) / a step with b.
struct StepDifference {
  std::string a;
  std::string b;
  Estimate share;
};

struct StepPeer {
  std::string name;  // with its version
  Estimate samples_per_s;
  Estimate ratio;  // our samples per second with relu / the peer's
};

struct StepCase {
  std::string model;
  std::string data;
  std::size_t batch = 0;
  Weights weights = Weights::kInitial;
  Pass pass = Pass::kTrain;
  double flops_per_sample = 0;
  double input_density = 0;
  std::size_t turns = 0;
  std::array<Estimate, kLimits> limits;  // operations or bytes per nanosecond
  std::vector<StepRow> rows;
  std::vector<StepDifference> differences;  // relu with itself first
  std::optional<StepPeer> peer;
};

// Models x batches x weights, one after the other; `done` gets each case as it is finished.
// Errors: those of nn::Network::Create and Examples::Open; FAILED_PRECONDITION if training
// diverges; those of OneDnn::Load.
absl::Status RunStepContests(const StepOptions& options,
                             const std::function<void(const StepCase&)>& done);

}  // namespace fedround::bench
