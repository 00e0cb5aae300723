// What a client computes: local SGD on its shard, or the score of a model on it.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "client/training_profile.h"
#include "common/base/aligned_buffer.h"
#include "common/base/rng.h"
#include "common/data/dataset.h"
#include "common/nn/network.h"
#include "common/round/types.h"

namespace fedround::client {

struct Trained {
  std::uint64_t steps = 0;  // of SGD
  Metrics metrics;
  TrainingProfile profile;
};

// The training loop and its scratch memory; one per thread, for any number of clients. Not
// thread-safe.
class LocalTrainer {
 public:
  // `network` must outlive the trainer.
  // `stop`, checked before each batch, ends training early; the parameters are then of no use.
  // `profile`: whether Train reports how its time divides into phases.
  LocalTrainer(const nn::Network& network, std::uint64_t seed,
               const std::atomic<bool>* stop = nullptr, bool profile = true);

  // Trains `parameters` [P] in place on `client`'s shard: plan.epochs passes in batches of
  // plan.batch_size (0: the whole shard; the last batch of a pass may be smaller). The order of
  // each pass and the masks of dropout layers are drawn from (seed, round, client). Returns
  // "train_loss" (the mean of the losses before each step) and the phases of the wall time from
  // call to return. `drift`, [P] or empty, is added to every step's gradient. Without epochs or
  // examples nothing is done or returned.
  Trained Train(const data::Examples& shard, ClientId client, const RoundPlan& plan,
                std::uint32_t round, std::span<float> parameters,
                std::span<const float> drift = {});

  // "loss" and "accuracy" of `parameters` on the shard.
  Metrics Evaluate(const data::Examples& shard, std::span<const float> parameters);

  // The health of the network on the shard after Train turned `before` [P] into `after` [P] in this
  // round, and that of the update: a client's part of HealthRow in ledger.proto. Looks at each
  // example once. Empty if Train did nothing.
  std::vector<HealthValue> Health(const data::Examples& shard, ClientId client,
                                  const RoundPlan& plan, std::uint32_t round,
                                  std::span<const float> before, std::span<const float> after);

 private:
  using Block =
      absl::FunctionRef<void(std::span<const float> inputs, std::span<const std::uint32_t> labels)>;

  // Allocates memory for batches of up to `batch` examples.
  void Reserve(std::size_t batch);
  // The order of the next epoch's examples.
  void DrawOrder(std::size_t examples, Rng& rng);
  // Calls `visit` with all examples, in their own order.
  void ForEachBlock(const data::Examples& shard, Block visit);
  // The inputs and labels of these examples, in scratch memory.
  std::pair<std::span<const float>, std::span<const std::uint32_t>> Gather(
      const data::Examples& shard, std::span<const std::uint32_t> positions);

  const nn::Network& network_;
  const std::uint64_t seed_;
  const std::atomic<bool>* const stop_;
  const bool profile_;
  nn::Workspace workspace_;
  FloatBuffer inputs_;
  std::vector<std::uint32_t> labels_;
  std::vector<std::uint32_t> order_;
  FloatBuffer velocity_;  // [P] if momentum, else empty
  FloatBuffer anchor_;    // [P] the round's model if proximal, else empty
  FloatBuffer gradient_;  // [P] once Health needs it
};

}  // namespace fedround::client
