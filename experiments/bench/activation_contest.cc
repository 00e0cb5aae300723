#include "experiments/bench/activation_contest.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/aligned_buffer.h"
#include "common/base/named_enum.h"
#include "common/base/rng.h"
#include "common/base/status_macros.h"
#include "experiments/bench/contest.h"
#include "experiments/bench/kernels.h"
#include "experiments/bench/peers/activations.h"

namespace fedround::bench {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr std::size_t kPoolTiles = 24;
// Streams of random numbers.
constexpr std::uint32_t kInputs = 0;
constexpr std::uint32_t kGradients = 1;
constexpr double kDeviation = 2;  // of the inputs: covers where activations bend, and more

// Tiles of equal size. Const once filled.
struct Pool {
  Pool(std::size_t elements, std::uint32_t stream)
      : tile(elements), values(elements * (elements <= kTileElements ? kPoolTiles : 1)) {
    Rng rng(kSeed, RngPurpose::kSyntheticData, stream);
    for (float& value : values.span()) value = static_cast<float>(kDeviation * rng.NextNormal());
  }
  std::span<const float> Tile(std::size_t step) const {
    return values.span().subspan(step * tile % values.size(), tile);
  }

  std::size_t tile;
  FloatBuffer values;
};

using ForwardPass = std::function<void(std::span<float> values)>;
using BackwardPass = std::function<void(std::span<const float> kept, std::span<float> gradient)>;

// One implementation of one activation.
struct Implementation {
  std::string kernel;
  bool is_peer = false;
  std::shared_ptr<const Pool> kept;  // what the backward pass reads: inputs or outputs
  ForwardPass forward;
  BackwardPass backward;
};

// The implementations of `activation`: ours, then the peers'.
absl::StatusOr<std::vector<Implementation>> Implementations(
    const std::string& activation, const std::vector<ActivationKernel>& kernels,
    const std::shared_ptr<const Pool>& inputs) {
  const auto outputs = std::make_shared<Pool>(inputs->tile, kInputs);
  std::vector<Implementation> all;
  RETURN_IF_ERROR(MakeActivation(activation, ActivationKernel::kFast).status());
  for (const ActivationKernel kernel : kernels) {
    if (!HasKernel(activation, kernel)) continue;
    ASSIGN_OR_RETURN(const std::shared_ptr<const nn::Activation> made,
                     MakeActivation(activation, kernel));
    if (all.empty()) made->Forward(outputs->values.span(), outputs->values.span());
    all.push_back({.kernel = std::string(NameOf(kernel)),
                   .kept = made->keeps() == nn::Activation::Keeps::kOutput ? outputs : inputs,
                   .forward = [made](std::span<float> v) { made->Forward(v, v); },
                   .backward = [made](std::span<const float> kept,
                                      std::span<float> g) { made->Backward(kept, g); }});
  }
  for (const Peer& peer : PeersOf(activation)) {
    const PeerActivation& theirs = *peer.activation;
    all.push_back({.kernel = std::string(peer.set),
                   .is_peer = true,
                   .kept = theirs.keeps_output ? outputs : inputs,
                   .forward = [&theirs](std::span<float> v) { theirs.forward(v.data(), v.size()); },
                   .backward =
                       [&theirs](std::span<const float> kept, std::span<float> g) {
                         theirs.backward(kept.data(), g.data(), g.size());
                       }});
  }
  return all;
}

// The contest of one activation and size: passes, and copies of one and of two tiles.
class CaseContest {
 public:
  // Indices of an implementation's variants.
  struct Passes {
    std::size_t forward = 0;
    std::size_t backward = 0;
  };

  explicit CaseContest(std::shared_ptr<const Pool> inputs)
      : inputs_(std::move(inputs)),
        gradients_(inputs_->tile, kGradients),
        kept_(inputs_->tile),
        work_(inputs_->tile) {
    copies_.forward = AddPass([this](std::size_t step) { Copy(inputs_->Tile(step), work_); });
    copies_.backward = AddPass([this](std::size_t step) {
      Copy(inputs_->Tile(step), kept_);
      Copy(gradients_.Tile(step), work_);
    });
  }
  CaseContest(const CaseContest&) = delete;
  CaseContest& operator=(const CaseContest&) = delete;

  // `implementation` must outlive the contest.
  Passes Add(const Implementation& implementation) {
    const std::size_t forward = AddPass([this, &implementation](std::size_t step) {
      Copy(inputs_->Tile(step), work_);
      implementation.forward(work_.span());
    });
    const std::size_t backward = AddPass([this, &implementation](std::size_t step) {
      Copy(implementation.kept->Tile(step), kept_);
      Copy(gradients_.Tile(step), work_);
      implementation.backward(kept_.span(), work_.span());
    });
    return {forward, backward};
  }

  void Run(const ContestOptions& options) { times_ = RunContest(variants_, options); }

  const ContestTimes& times() const { return times_; }
  // Nanoseconds of a pass without the copies; `way` is &Passes::forward or &Passes::backward.
  double Net(const Passes& passes, std::size_t Passes::*way, std::size_t turn) const {
    return times_.At(passes.*way, turn) - times_.At(copies_.*way, turn);
  }

 private:
  static void Copy(std::span<const float> from, FloatBuffer& to) {
    std::ranges::copy(from, to.data());
  }

  std::size_t AddPass(std::function<void(std::size_t step)> pass) {
    variants_.push_back(
        {"",
         [pass = std::move(pass), next = std::size_t{0}](std::size_t steps) mutable {
           while (steps-- > 0) pass(next++);
         },
         nullptr});
    return variants_.size() - 1;
  }

  const std::shared_ptr<const Pool> inputs_;
  const Pool gradients_;
  FloatBuffer kept_;
  FloatBuffer work_;
  Passes copies_;
  std::vector<Variant> variants_;
  ContestTimes times_{1};
};

using Passes = CaseContest::Passes;

// The costs of one direction for all of `passes`, which belong to `all`, compared with `relu`.
std::vector<PassCost> Costs(const CaseContest& contest, const std::vector<Implementation>& all,
                            const std::vector<Passes>& passes, const Passes& relu,
                            std::size_t elements, std::size_t Passes::*way) {
  const ContestTimes& times = contest.times();
  const auto cost_of = [&](const Passes& of) {
    return PassCost{.ns = times.Over([&](std::size_t turn) {
      return contest.Net(of, way, turn) / static_cast<double>(elements);
    })};
  };
  const auto ratio = [&](const Passes& of, const Passes& other) -> std::optional<Estimate> {
    if (!cost_of(of).Resolved() || !cost_of(other).Resolved()) return std::nullopt;
    return times.Over([&](std::size_t turn) {
      return contest.Net(of, way, turn) / contest.Net(other, way, turn);
    });
  };
  std::vector<PassCost> costs;
  std::optional<std::size_t> best_peer;
  for (std::size_t i = 0; i < all.size(); ++i) {
    PassCost cost = cost_of(passes[i]);
    cost.of_relu = ratio(passes[i], relu);
    costs.push_back(cost);
    if (all[i].is_peer &&
        (!best_peer.has_value() || cost.ns.median < costs[*best_peer].ns.median)) {
      best_peer = i;
    }
  }
  for (std::size_t i = 0; i < all.size() && best_peer.has_value(); ++i) {
    if (!all[i].is_peer) costs[i].of_peer = ratio(passes[i], passes[*best_peer]);
  }
  return costs;
}

absl::StatusOr<ActivationCase> RunCase(const std::string& activation, std::size_t elements,
                                       const ActivationOptions& options) {
  const auto inputs = std::make_shared<Pool>(elements, kInputs);
  ASSIGN_OR_RETURN(const auto all, Implementations(activation, options.kernels, inputs));
  ASSIGN_OR_RETURN(const auto relus, Implementations("relu", {ActivationKernel::kFast}, inputs));
  if (all.empty() || all.front().is_peer) {
    return absl::InvalidArgumentError(absl::StrCat("--activation ", activation, ": has no kernel ",
                                                   NameOf(options.kernels.front())));
  }
  CaseContest contest(inputs);
  std::vector<Passes> passes;
  for (const Implementation& implementation : all) passes.push_back(contest.Add(implementation));
  const Passes again = contest.Add(all.front());
  const Passes relu = contest.Add(relus.front());
  contest.Run({.budget_ns = options.budget_ns, .progress = [&](double share) {
                 if (!options.progress) return;
                 options.progress(absl::StrCat(activation, ", ", elements, " elements"), share);
               }});
  const auto forward = Costs(contest, all, passes, relu, elements, &Passes::forward);
  const auto backward = Costs(contest, all, passes, relu, elements, &Passes::backward);
  ActivationCase result{.activation = activation,
                        .elements = elements,
                        .turns = contest.times().turns(),
                        .control = contest.times().Ratio(again.forward, passes[0].forward)};
  for (std::size_t i = 0; i < all.size(); ++i) {
    result.rows.push_back({all[i].kernel, forward[i], backward[i]});
  }
  return result;
}

}  // namespace

double PassCost::Bound() const { return std::max(std::abs(ns.low), std::abs(ns.high)); }

absl::Status RunActivationContests(const ActivationOptions& options,
                                   const std::function<void(const ActivationCase&)>& done) {
  for (const std::size_t elements : options.elements) {
    for (const std::string& activation : options.activations) {
      ASSIGN_OR_RETURN(const ActivationCase result, RunCase(activation, elements, options));
      done(result);
    }
  }
  return absl::OkStatus();
}

}  // namespace fedround::bench
