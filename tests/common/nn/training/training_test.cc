// Network against ReferenceNetwork, and ReferenceNetwork against finite differences of its own
// loss.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "common/nn/activations/table.h"
#include "common/nn/network.h"
#include "common/nn/reference_network.h"
#include "tests/common/kernels/random_values.h"
#include "tests/common/nn/make_activation.h"
#include "tests/support/entry_name.h"

namespace fedround::nn {
namespace {

// One network twice, with a batch: in float as it runs, in double as it is meant.
class Problem {
 public:
  Problem(const ActivationEntry& entry, std::vector<std::size_t> widths, std::size_t batch_size)
      : activation(ActivationNamed(std::string(entry.info.name))),
        reference(widths, *activation),
        network(Make(entry, widths)),
        parameters(RandomValues(network.parameter_count(), 1)),
        inputs(RandomValues(batch_size * widths.front(), 2)),
        labels(RandomLabels(batch_size, widths.back(), 3)),
        workspace(network, batch_size) {
    // As large as an initialiser makes them, so that activations neither vanish nor saturate.
    for (float& parameter : parameters)
      parameter *= 2.0f / std::sqrt(static_cast<float>(widths[1]));
  }

  ReferenceNetwork::Pass RunReference(const std::vector<double>& at) const {
    return reference.Run(at, ToDouble(inputs), labels);
  }
  BatchLoss Step(const SgdOptions& options) {
    return network.TrainStep(parameters, inputs, labels, options, velocity, anchor, workspace,
                             nullptr, nullptr, drift);
  }
  // The same steps in double; returns the parameters after them.
  std::vector<double> ReferenceSteps(const SgdOptions& options, int steps) const {
    std::vector<double> at = ToDouble(parameters);
    std::vector<double> reference_velocity(at.size(), 0.0);
    const std::vector<double> reference_anchor = anchor.empty() ? at : ToDouble(anchor);
    for (int step = 0; step < steps; ++step) {
      std::vector<double> gradient = RunReference(at).gradient;
      for (std::size_t i = 0; i < drift.size(); ++i) gradient[i] += static_cast<double>(drift[i]);
      ReferenceSgdStep(options, gradient, reference_anchor, reference_velocity, at);
    }
    return at;
  }
  // The difference between the two after `steps` steps, of max(1, the largest parameter).
  double DifferenceAfter(const SgdOptions& options, int steps) {
    if (options.momentum != 0) velocity.assign(parameters.size(), 0.0f);
    if (options.proximal_mu != 0) anchor = RandomValues(parameters.size(), 4);
    const std::vector<double> expected = ReferenceSteps(options, steps);
    for (int step = 0; step < steps; ++step) Step(options);
    double scale = 1;
    for (const double parameter : expected) scale = std::max(scale, std::fabs(parameter));
    return LargestDifference(parameters, expected) / scale;
  }

  static Network Make(const ActivationEntry& entry, const std::vector<std::size_t>& widths) {
    NetworkSpec spec;
    spec.inputs = widths.front();
    spec.classes = widths.back();
    for (std::size_t i = 1; i + 1 < widths.size(); ++i) {
      spec.hidden.push_back(static_cast<std::uint32_t>(widths[i]));
    }
    spec.activation.name = std::string(entry.info.name);
    return *Network::Create(spec);
  }

  std::unique_ptr<Activation> activation;
  ReferenceNetwork reference;
  Network network;
  std::vector<float> parameters;
  std::vector<float> inputs;
  std::vector<std::uint32_t> labels;
  std::vector<float> velocity;
  std::vector<float> anchor;
  std::vector<float> drift;  // empty: none
  Workspace workspace;
};

class Training : public testing::TestWithParam<ActivationEntry> {};

INSTANTIATE_TEST_SUITE_P(Activations, Training, testing::ValuesIn(ActivationTable()), EntryName());

TEST_P(Training, ReferenceGradientIsTheSlopeOfTheLoss) {
  constexpr double kStep = 1e-6;
  const Problem problem(GetParam(), {6, 5, 4, 3}, 4);
  std::vector<double> at = ToDouble(problem.parameters);
  const ReferenceNetwork::Pass pass = problem.RunReference(at);
  // Differences are meaningless across a kink: the batch must keep clear of them.
  for (std::size_t l = 0; l + 1 < pass.products.size(); ++l) {
    for (const double kink : problem.activation->kinks()) {
      for (const double z : pass.products[l]) ASSERT_GT(std::fabs(z - kink), 100 * kStep);
    }
  }
  for (std::size_t i = 0; i < at.size(); ++i) {
    const double value = at[i];
    at[i] = value + kStep;
    const double above = problem.RunReference(at).mean_loss;
    at[i] = value - kStep;
    const double below = problem.RunReference(at).mean_loss;
    at[i] = value;
    ASSERT_NEAR(pass.gradient[i], (above - below) / (2 * kStep), 1e-8) << "parameter " << i;
  }
}

TEST_P(Training, StepAgreesWithReferenceOnOddSizes) {
  const std::vector<std::size_t> networks[] = {{1, 1, 2},        {3, 2},         {2, 17, 3, 5},
                                               {31, 33, 15, 10}, {67, 48, 1, 7}, {784, 20, 10}};
  for (const auto& widths : networks) {
    for (const std::size_t batch : {1U, 2U, 7U, 10U, 33U}) {
      Problem problem(GetParam(), widths, batch);
      ASSERT_LE(problem.DifferenceAfter({.learning_rate = 0.5f}, 1), 1e-5)
          << testing::PrintToString(widths) << " batch " << batch;
    }
  }
}

TEST_P(Training, TenStepsAgreeWithReference) {
  Problem problem(GetParam(), {13, 21, 9, 4}, 10);
  EXPECT_LE(problem.DifferenceAfter({.learning_rate = 0.1f}, 10), 1e-5);
}

TEST_P(Training, LossAgreesWithReference) {
  Problem problem(GetParam(), {13, 21, 9, 4}, 7);
  const double expected = problem.RunReference(ToDouble(problem.parameters)).mean_loss * 7;
  EXPECT_NEAR(problem.Step({.learning_rate = 0.1f}).loss_sum, expected, 1e-5);
}

TEST_P(Training, GradientAgreesWithReference) {
  Problem problem(GetParam(), {13, 21, 9, 4}, 7);
  const std::vector<double> expected = problem.RunReference(ToDouble(problem.parameters)).gradient;
  // What is in it before has no part in it.
  std::vector<float> gradient = RandomValues(problem.parameters.size(), 5);
  problem.network.Gradient(problem.parameters, problem.inputs, problem.labels, gradient,
                           problem.workspace);
  EXPECT_LE(LargestDifference(gradient, expected), 1e-6);
}

const ActivationEntry& AnyActivation() { return ActivationTable().front(); }

TEST(TrainStep, MomentumAgreesWithReference) {
  Problem problem(AnyActivation(), {13, 21, 9, 4}, 10);
  EXPECT_LE(problem.DifferenceAfter({.learning_rate = 0.1f, .momentum = 0.9f}, 5), 1e-5);
}

TEST(TrainStep, WeightDecayAgreesWithReference) {
  Problem problem(AnyActivation(), {13, 21, 9, 4}, 10);
  EXPECT_LE(problem.DifferenceAfter({.learning_rate = 0.1f, .weight_decay = 0.5f}, 5), 1e-5);
}

TEST(TrainStep, ProximalTermAgreesWithReference) {
  Problem problem(AnyActivation(), {13, 21, 9, 4}, 10);
  EXPECT_LE(problem.DifferenceAfter({.learning_rate = 0.1f, .proximal_mu = 0.5f}, 5), 1e-5);
}

TEST(TrainStep, AllTermsTogetherAgreeWithReference) {
  Problem problem(AnyActivation(), {13, 21, 9, 4}, 10);
  const SgdOptions options{
      .learning_rate = 0.1f, .momentum = 0.9f, .weight_decay = 0.25f, .proximal_mu = 0.5f};
  EXPECT_LE(problem.DifferenceAfter(options, 5), 1e-5);
}

TEST(TrainStep, ADriftIsAddedToTheGradient) {
  Problem problem(AnyActivation(), {13, 21, 9, 4}, 10);
  problem.drift = RandomValues(problem.parameters.size(), 5);
  EXPECT_LE(problem.DifferenceAfter({.learning_rate = 0.1f}, 5), 1e-5);
}

TEST(TrainStep, ADriftIsPartOfTheMomentum) {
  Problem problem(AnyActivation(), {13, 21, 9, 4}, 10);
  problem.drift = RandomValues(problem.parameters.size(), 5);
  EXPECT_LE(
      problem.DifferenceAfter({.learning_rate = 0.1f, .momentum = 0.9f, .weight_decay = 0.25f}, 5),
      1e-5);
}

TEST(TrainStep, DecayAndProximalTermWithoutMomentumAgreeWithReference) {
  Problem problem(AnyActivation(), {13, 21, 9, 4}, 10);
  EXPECT_LE(problem.DifferenceAfter(
                {.learning_rate = 0.1f, .weight_decay = 0.25f, .proximal_mu = 0.5f}, 5),
            1e-5);
}

TEST(TrainStep, TakesSmallerBatchesThanTheWorkspace) {
  Problem tight(AnyActivation(), {13, 21, 4}, 3), roomy(AnyActivation(), {13, 21, 4}, 3);
  roomy.workspace = Workspace(roomy.network, 64);
  tight.Step({.learning_rate = 0.1f});
  roomy.Step({.learning_rate = 0.1f});
  EXPECT_EQ(tight.parameters, roomy.parameters);
}

TEST(TrainStep, DoesNotDependOnWhatTheWorkspaceHeld) {
  Problem fresh(AnyActivation(), {13, 21, 4}, 3), used(AnyActivation(), {13, 21, 4}, 3);
  used.network.Evaluate(fresh.parameters, RandomValues(26, 9), RandomLabels(2, 4, 9),
                        used.workspace);
  fresh.Step({.learning_rate = 0.1f});
  used.Step({.learning_rate = 0.1f});
  EXPECT_EQ(fresh.parameters, used.parameters);
}

TEST(TrainStep, IgnoresAnEmptyBatch) {
  Problem problem(AnyActivation(), {13, 21, 4}, 3);
  const std::vector<float> before = problem.parameters;
  problem.network.TrainStep(problem.parameters, {}, {}, {.learning_rate = 0.1f}, {}, {},
                            problem.workspace);
  EXPECT_EQ(problem.parameters, before);
}

TEST(TrainStep, LearnsTheBatchByHeart) {
  for (const ActivationEntry& entry : ActivationTable()) {
    BatchLoss last;
    // One that grows fast may need small steps.
    for (const float learning_rate : {0.5f, 0.1f, 0.02f}) {
      Problem problem(entry, {20, 30, 3}, 10);
      for (int step = 0; step < 1000; ++step) last = problem.Step({.learning_rate = learning_rate});
      if (last.correct == 10) break;
    }
    EXPECT_EQ(last.correct, 10u) << entry.info.name;
  }
}

TEST(Evaluate, ReportsTheLossThatTrainStepReports) {
  Problem problem(AnyActivation(), {13, 21, 4}, 10);
  const BatchLoss evaluated = problem.network.Evaluate(problem.parameters, problem.inputs,
                                                       problem.labels, problem.workspace);
  EXPECT_EQ(evaluated.loss_sum, problem.Step({.learning_rate = 0.1f}).loss_sum);
}

TEST(Evaluate, CountsTheHitsOfTheReference) {
  Problem problem(AnyActivation(), {13, 21, 4}, 50);
  const auto logits = problem.RunReference(ToDouble(problem.parameters)).products.back();
  std::uint64_t hits = 0;
  for (std::size_t n = 0; n < 50; ++n) {
    const auto row = std::span(logits).subspan(4 * n, 4);
    if (std::ranges::max_element(row) - row.begin() == problem.labels[n]) ++hits;
  }
  EXPECT_EQ(problem.network
                .Evaluate(problem.parameters, problem.inputs, problem.labels, problem.workspace)
                .correct,
            hits);
}

TEST(TrainStepDeathTest, RefusesABatchLargerThanTheWorkspace) {
  Problem problem(AnyActivation(), {13, 21, 4}, 10);
  problem.workspace = Workspace(problem.network, 9);
  EXPECT_DEATH(problem.Step({.learning_rate = 0.1f}), "batch <= max_batch_");
}

TEST(TrainStepDeathTest, RefusesMomentumWithoutVelocity) {
  Problem problem(AnyActivation(), {13, 21, 4}, 10);
  EXPECT_DEATH(problem.Step({.learning_rate = 0.1f, .momentum = 0.9f}), "velocity");
}

}  // namespace
}  // namespace fedround::nn
