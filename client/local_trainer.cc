#include "client/local_trainer.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "common/nn/training/health.h"

namespace fedround::client {
namespace {

// Examples per step; the last one of an epoch may have fewer.
std::size_t BatchSize(const RoundPlan& plan, std::size_t examples) {
  return plan.batch_size == 0 ? examples : std::min<std::size_t>(plan.batch_size, examples);
}

}  // namespace

LocalTrainer::LocalTrainer(const nn::Network& network, std::uint64_t seed,
                           const std::atomic<bool>* stop, bool profile)
    : network_(network), seed_(seed), stop_(stop), profile_(profile), workspace_(network, 1) {}

void LocalTrainer::Reserve(std::size_t batch) {
  if (batch <= labels_.size()) return;
  workspace_ = nn::Workspace(network_, batch);
  inputs_ = FloatBuffer(batch * network_.inputs());
  labels_.resize(batch);
}

void LocalTrainer::DrawOrder(std::size_t examples, Rng& rng) {
  order_.resize(examples);
  std::iota(order_.begin(), order_.end(), 0U);
  Shuffle(order_, rng);
}

std::pair<std::span<const float>, std::span<const std::uint32_t>> LocalTrainer::Gather(
    const data::Examples& shard, std::span<const std::uint32_t> positions) {
  const auto inputs = inputs_.span().first(positions.size() * network_.inputs());
  const auto labels = std::span(labels_).first(positions.size());
  shard.Gather(positions, inputs, labels);
  return {inputs, labels};
}

Trained LocalTrainer::Train(const data::Examples& shard, ClientId client, const RoundPlan& plan,
                            std::uint32_t round, std::span<float> parameters,
                            std::span<const float> drift) {
  if (plan.epochs == 0 || shard.size() == 0) return {};
  const std::size_t batch = BatchSize(plan, shard.size());
  const std::size_t steps = plan.epochs * ((shard.size() + batch - 1) / batch);
  TrainingClock clock(profile_, steps, MonotonicNow());
  Reserve(batch);
  const nn::SgdOptions options{.learning_rate = static_cast<float>(plan.learning_rate),
                               .momentum = static_cast<float>(plan.momentum),
                               .weight_decay = static_cast<float>(plan.weight_decay),
                               .proximal_mu = static_cast<float>(plan.proximal_mu)};
  velocity_ = FloatBuffer(plan.momentum > 0 ? parameters.size() : 0);
  std::fill_n(velocity_.data(), velocity_.size(), 0.0F);
  anchor_ = FloatBuffer(plan.proximal_mu > 0 ? parameters.size() : 0);
  std::copy_n(parameters.data(), anchor_.size(), anchor_.data());

  Rng rng(seed_, RngPurpose::kBatchOrder, round, static_cast<std::uint32_t>(client));
  Rng dropout(seed_, RngPurpose::kDropoutMask, round, static_cast<std::uint32_t>(client));
  double loss_sum = 0;
  for (std::uint32_t epoch = 0; epoch < plan.epochs; ++epoch) {
    DrawOrder(shard.size(), rng);
    clock.BeginSteps(MonotonicNow());
    for (std::size_t first = 0; first < order_.size(); first += batch) {
      if (stop_ != nullptr && *stop_) return {};
      nn::StepProfile* const sample = clock.BeginStep();
      const auto [inputs, labels] =
          Gather(shard, std::span(order_).subspan(first, std::min(batch, order_.size() - first)));
      nn::EndPhase(sample, StepPhase::kLoad);
      loss_sum += network_
                      .TrainStep(parameters, inputs, labels, options, velocity_.span(),
                                 std::as_const(anchor_).span(), workspace_, sample, &dropout, drift)
                      .loss_sum;
    }
    clock.EndSteps(MonotonicNow());
  }
  const double seen = static_cast<double>(plan.epochs) * static_cast<double>(order_.size());
  return {.steps = steps,
          .metrics = {{"train_loss", loss_sum / seen}},
          .profile = std::move(clock).Finish(MonotonicNow())};
}

void LocalTrainer::ForEachBlock(const data::Examples& shard, Block visit) {
  Reserve(std::min(nn::kEvaluationBatch, shard.size()));
  order_.resize(shard.size());
  std::iota(order_.begin(), order_.end(), 0U);
  for (std::size_t first = 0; first < order_.size(); first += nn::kEvaluationBatch) {
    const auto [inputs, labels] = Gather(
        shard,
        std::span(order_).subspan(first, std::min(nn::kEvaluationBatch, order_.size() - first)));
    visit(inputs, labels);
  }
}

Metrics LocalTrainer::Evaluate(const data::Examples& shard, std::span<const float> parameters) {
  nn::BatchLoss total;
  ForEachBlock(shard, [&](auto inputs, auto labels) {
    const nn::BatchLoss loss = network_.Evaluate(parameters, inputs, labels, workspace_);
    total.loss_sum += loss.loss_sum;
    total.correct += loss.correct;
  });
  const auto examples = static_cast<double>(shard.size());
  return {{"loss", total.loss_sum / examples},
          {"accuracy", static_cast<double>(total.correct) / examples}};
}

std::vector<HealthValue> LocalTrainer::Health(const data::Examples& shard, ClientId client,
                                              const RoundPlan& plan, std::uint32_t round,
                                              std::span<const float> before,
                                              std::span<const float> after) {
  if (plan.epochs == 0 || shard.size() == 0) return {};
  nn::ActivationHealth activations;
  nn::LitColumns lit(network_.inputs());
  ForEachBlock(shard, [&](auto inputs, auto labels) {
    network_.Evaluate(after, inputs, labels, workspace_, nullptr, &activations);
    lit.Add(inputs);
  });

  // The same batch as Train's first one.
  const std::size_t batch = BatchSize(plan, shard.size());
  Reserve(batch);
  Rng rng(seed_, RngPurpose::kBatchOrder, round, static_cast<std::uint32_t>(client));
  DrawOrder(shard.size(), rng);
  const auto [inputs, labels] = Gather(shard, std::span(order_).first(batch));
  if (gradient_.size() == 0) gradient_ = FloatBuffer(before.size());
  network_.Gradient(before, inputs, labels, gradient_.span(), workspace_);

  std::vector<HealthValue> values;
  activations.AppendTo(values);
  nn::AppendGradientRms(network_, gradient_.span(), values);
  nn::AppendUpdateZeros(network_, before, after, lit, values);
  return values;
}

}  // namespace fedround::client
