#include "experiments/bench/step_contest.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/named_enum.h"
#include "common/base/status_macros.h"
#include "experiments/bench/contest.h"
#include "experiments/bench/examples.h"
#include "experiments/bench/kernels.h"
#include "experiments/bench/peers/one_dnn.h"

namespace fedround::bench {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr std::size_t kTrainingSteps = 600;
constexpr std::size_t kTrainingBatch = 10;
constexpr float kTrainingRate = 0.05F;
// Changes no weight visibly, but is not so small that updates become denormal.
constexpr float kMeasuringRate = 1e-6F;

struct Contender {
  std::string activation;
  std::string kernel;
  nn::Network network;
  FloatBuffer start;  // the weights that every slice begins with
};

// The memory that all contenders of a case use in turn: its position in the caches' sets then
// affects all of them or none.
struct Arena {
  FloatBuffer parameters;
  std::optional<nn::Workspace> workspace;
  Rng rng{kSeed, RngPurpose::kBatchOrder};  // where slices start among the examples
};

absl::Status Train(Contender& contender, const Examples& examples) {
  nn::Workspace workspace(contender.network, kTrainingBatch);
  Walk walk(examples, kTrainingBatch);
  nn::BatchLoss loss;
  for (std::size_t step = 0; step < kTrainingSteps; ++step) {
    const Batch batch = walk.Next();
    loss = contender.network.TrainStep(contender.start.span(), batch.inputs, batch.labels,
                                       {.learning_rate = kTrainingRate}, {}, {}, workspace);
  }
  if (std::isfinite(loss.loss_sum)) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      contender.activation, ": training diverged within ", kTrainingSteps,
      " steps at learning rate ", kTrainingRate, "; use --weights initial or other data"));
}

absl::StatusOr<Contender> MakeContender(const Model& model, const std::string& activation,
                                        ActivationKernel kernel, Weights weights,
                                        const Examples& examples) {
  ASSIGN_OR_RETURN(nn::Network network, nn::Network::Create(SpecOf(model, activation, kernel)));
  FloatBuffer start(network.parameter_count());
  network.Initialise(kSeed, start.span());
  Contender contender{activation, std::string(NameOf(kernel)), std::move(network),
                      std::move(start)};
  if (weights == Weights::kTrained) RETURN_IF_ERROR(Train(contender, examples));
  return contender;
}

// `contender` and `arena` must outlive it.
Variant MakeVariant(const Contender& contender, Arena& arena, const Examples& examples,
                    std::size_t batch_size, Pass pass) {
  const auto walk = std::make_shared<Walk>(examples, batch_size);
  const auto prepare = [&contender, &arena, walk, batch_size] {
    std::ranges::copy(contender.start.span(), arena.parameters.data());
    arena.workspace.emplace(contender.network, batch_size);
    walk->Jump(arena.rng);
  };
  const auto run = [&contender, &arena, walk, pass](std::size_t steps) {
    const nn::SgdOptions sgd{.learning_rate = kMeasuringRate};
    while (steps-- > 0) {
      const auto [inputs, labels] = walk->Next();
      if (pass == Pass::kForward) {
        contender.network.Evaluate(arena.parameters.span(), inputs, labels, *arena.workspace);
      } else {
        contender.network.TrainStep(arena.parameters.span(), inputs, labels, sgd, {}, {},
                                    *arena.workspace);
      }
    }
  };
  return {contender.activation, run, prepare};
}

// The contest of one case: limits first, then contenders, relu once more, and the peer.
class CaseContest {
 public:
  // All but `about` must outlive it.
  CaseContest(const StepOptions& options, const std::vector<Limit>& limits,
              const Examples& examples, StepCase about)
      : options_(options), limits_(limits), examples_(examples), result_(std::move(about)) {}

  absl::StatusOr<StepCase> Run(const Model& model) {
    RETURN_IF_ERROR(MakeContenders(model));
    std::vector<Variant> variants;
    for (const Limit& limit : limits_) variants.push_back(limit.variant);
    for (const Contender& contender : contenders_) variants.push_back(VariantOf(contender));
    variants.push_back(VariantOf(contenders_[Find("relu")]));
    if (options_.one_dnn) {
      ASSIGN_OR_RETURN(const OneDnn library, OneDnn::Load());
      result_.peer = StepPeer{.name = library.name()};
      ASSIGN_OR_RETURN(Variant step,
                       MakeOneDnnStep(library, model, examples_, result_.batch, result_.pass,
                                      kMeasuringRate, contenders_[Find("relu")].start.span()));
      variants.push_back(std::move(step));
    }
    const ContestTimes times =
        RunContest(variants, {.budget_ns = options_.budget_ns, .progress = [this](double share) {
                                if (options_.progress) options_.progress(Title(), share);
                              }});
    Report(times);
    return std::move(result_);
  }

 private:
  absl::Status MakeContenders(const Model& model) {
    for (const ActivationKernel kernel : options_.kernels) {
      for (const std::string& activation : options_.activations) {
        if (!HasKernel(activation, kernel)) continue;
        ASSIGN_OR_RETURN(Contender contender,
                         MakeContender(model, activation, kernel, result_.weights, examples_));
        contenders_.push_back(std::move(contender));
      }
    }
    const nn::Network& network = contenders_.front().network;
    arena_.parameters = FloatBuffer(network.parameter_count());
    work_ = WorkOf(network);
    const bool forward = result_.pass == Pass::kForward;
    result_.flops_per_sample = forward ? work_.forward_flops : work_.training_flops;
    return absl::OkStatus();
  }

  Variant VariantOf(const Contender& contender) {
    return MakeVariant(contender, arena_, examples_, result_.batch, result_.pass);
  }

  std::string Title() const {
    return absl::StrCat(result_.model, ", batch ", result_.batch, ", ",
                        WeightsName(result_.weights), " weights");
  }

  // Of the first kernel.
  std::size_t Find(absl::string_view activation) const {
    return static_cast<std::size_t>(
        std::ranges::find(contenders_, activation, &Contender::activation) - contenders_.begin());
  }

  void Report(const ContestTimes& times) {
    result_.turns = times.turns();
    for (std::size_t i = 0; i < kLimits; ++i) {
      result_.limits[i] = times.Over(
          [&](std::size_t turn) { return limits_[i].work_per_step / times.At(i, turn); });
    }
    for (std::size_t i = 0; i < contenders_.size(); ++i) result_.rows.push_back(Row(times, i));
    const std::size_t relu = kLimits + Find("relu");
    const std::size_t again = kLimits + contenders_.size();
    result_.differences.push_back({"relu", "relu", times.Beyond(again, relu, relu)});
    if (const std::size_t gelu = Find("gelu"); gelu < contenders_.size()) {
      result_.differences.push_back({"gelu", "relu", times.Beyond(kLimits + gelu, relu, relu)});
    }
    if (result_.peer.has_value()) {
      result_.peer->samples_per_s = SamplesPerSecond(times, again + 1);
      result_.peer->ratio = times.Ratio(again + 1, relu);
    }
  }

  Estimate SamplesPerSecond(const ContestTimes& times, std::size_t variant) const {
    return times.Over([&](std::size_t turn) {
      return static_cast<double>(result_.batch) * 1e9 / times.At(variant, turn);
    });
  }

  StepRow Row(const ContestTimes& times, std::size_t contender) const {
    const std::size_t self = kLimits + contender;
    const std::size_t identity = kLimits + Find("identity");
    const double flops = result_.flops_per_sample * static_cast<double>(result_.batch);
    const auto rate = [&](std::size_t limit, std::size_t turn) {
      return limits_[limit].work_per_step / times.At(limit, turn);
    };
    const auto weights_ns = [&](std::size_t turn) {
      if (result_.pass == Pass::kForward) return work_.update_bytes / 2 / rate(kL2Read, turn);
      return work_.read_bytes / rate(kL2Read, turn) + work_.update_bytes / rate(kL2Update, turn);
    };
    return {
        .activation = contenders_[contender].activation,
        .kernel = contenders_[contender].kernel,
        .us_per_step = times.Over([&](std::size_t t) { return times.At(self, t) / 1e3; }),
        .samples_per_s = SamplesPerSecond(times, self),
        .gflops = times.Over([&](std::size_t t) { return flops / times.At(self, t); }),
        .peak_ratio =
            times.Over([&](std::size_t t) { return flops / times.At(self, t) / rate(kFma, t); }),
        .l2_ratio = times.Over([&](std::size_t t) { return weights_ns(t) / times.At(self, t); }),
        .activation_share = times.Beyond(self, identity, self)};
  }

  const StepOptions& options_;
  const std::vector<Limit>& limits_;
  const Examples& examples_;
  StepCase result_;
  std::vector<Contender> contenders_;
  Arena arena_;
  Work work_;
};

}  // namespace

absl::string_view WeightsName(Weights weights) {
  return weights == Weights::kInitial ? "initial" : "trained";
}

absl::Status RunStepContests(const StepOptions& options,
                             const std::function<void(const StepCase&)>& done) {
  const std::vector<Limit> limits = MakeLimits();
  for (const Model& model : options.models) {
    ASSIGN_OR_RETURN(const Examples examples, Examples::Open(options.data, model.inputs));
    for (const std::size_t batch : options.batches) {
      for (const Weights weights : options.weights) {
        StepCase about{.model = model.name,
                       .data = options.data,
                       .batch = batch,
                       .weights = weights,
                       .pass = options.pass,
                       .input_density = examples.density()};
        ASSIGN_OR_RETURN(const StepCase result,
                         CaseContest(options, limits, examples, std::move(about)).Run(model));
        done(result);
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace fedround::bench
