// FedDyn: each client's loss has a linear and a quadratic term, chosen so that the clients' minima
// and that of the whole agree.
//
// A client keeps g, 0 at first, and adds -g + alpha (w - w_round) to each gradient; having trained
// from w to y, it takes g+ = g - alpha (y - w). The server keeps h, and with the mean over all
// clients of the updates, those not asked counting as 0, takes
//
//   h = h - alpha * mean over all clients of (y - w)
//   w = w + mean over those who answered of (y - w) - h / alpha
//
// Source: Acar et al. 2021, arXiv:2111.04263, Algorithm 1. Clients count alike, as there.
#include "common/algorithm/algorithms/table.h"

namespace fedround::algorithm {
namespace {

constexpr char kGradient[] = "gradient";

const OptionSpec kOptions[] = {{.name = "alpha",
                                .default_value = 0.1,
                                .help = "weight of the quadratic term",
                                .min = 1e-9,
                                .max = 1e6}};

class FedDynServer : public Server {
 public:
  FedDynServer(double alpha, std::size_t size) : alpha_(alpha), h_(size, 0.0F) {}

  void AdjustPlan(RoundPlan& plan) const override { plan.proximal_mu = alpha_; }

  void Apply(const Round& round, const Next& next) override {
    const auto alpha = static_cast<float>(alpha_);
    round.folded.sums(0).WriteShare(round.clients, next.parameters);
    for (std::size_t i = 0; i < h_.size(); ++i) h_[i] = h_[i] - alpha * next.parameters[i];
    round.folded.sums(0).WriteMean(next.parameters);
    for (std::size_t i = 0; i < h_.size(); ++i) {
      next.parameters[i] = round.parameters[i] + next.parameters[i] - h_[i] / alpha;
    }
  }

  std::vector<NamedVector> State() override { return {{"h", h_}}; }

 private:
  double alpha_;
  std::vector<float> h_;
};

class FedDynClient : public Client {
 public:
  bool drifts() const override { return true; }

  void Begin(const LocalTask& task, std::span<float> drift) const override {
    const std::span<const float> gradient = task.state.Find(kGradient);
    for (std::size_t i = 0; i < drift.size(); ++i) {
      drift[i] = gradient.empty() ? 0.0F : -gradient[i];
    }
  }

  void End(const LocalTask& task, LocalAnswer& answer) const override {
    const std::span<const float> before = task.state.Find(kGradient);
    const std::span<float> next = task.state.Stage(task.ask, kGradient, answer.update.size());
    const auto alpha = static_cast<float>(task.plan.proximal_mu);
    for (std::size_t i = 0; i < next.size(); ++i) {
      next[i] = (before.empty() ? 0.0F : before[i]) - alpha * answer.update[i];
    }
  }
};

}  // namespace

AlgorithmEntry FedDynEntry() {
  return {.info = {"feddyn", "clients' losses regularised so that their minima agree",
                   "Acar et al. 2021, arXiv:2111.04263", kOptions},
          .server = [](const PlugIn& options, std::size_t size) -> std::unique_ptr<Server> {
            return std::make_unique<FedDynServer>(options.Number("alpha"), size);
          },
          .client = [](const PlugIn&) -> std::unique_ptr<const Client> {
            return std::make_unique<FedDynClient>();
          },
          .needs =
              [](const PlugIn&) {
                return Needs{.update_weight = VectorWeight::kOne, .remembers = true};
              }};
}

}  // namespace fedround::algorithm
