// SCAFFOLD: control variates correct the drift of clients whose data differ.
//
// The server keeps c, each client its own c_i, and c is the mean of all c_i, of whatever round.
// A client adds c - c_i to each gradient. After K steps of rate eta from w to y, it takes (option II)
//
//   c_i+ = c_i - c + (w - y) / (K eta)
//
// and sends c_i+ - c_i beside its update; the server adds their sum, divided by the number of all
// clients, to c.
// Source: Karimireddy et al. 2020, arXiv:1910.06378, Algorithm 1.
#include "absl/strings/str_cat.h"
#include "common/algorithm/algorithms/table.h"

namespace fedround::algorithm {
namespace {

constexpr char kControl[] = "control";

const OptionSpec kOptions[] = {
    {.name = "learning_rate", .default_value = 1.0, .help = "of the server", .min = 0, .max = 1e6}};

class ScaffoldServer : public Server {
 public:
  explicit ScaffoldServer(double learning_rate)
      : learning_rate_(static_cast<float>(learning_rate)) {}

  void Apply(const Round& round, const Next& next) override {
    round.folded.sums(0).WriteMean(next.parameters);
    round.folded.sums(1).WriteShare(round.clients, next.down[0]);
    for (std::size_t i = 0; i < next.parameters.size(); ++i) {
      next.parameters[i] = round.parameters[i] + learning_rate_ * next.parameters[i];
      next.down[0][i] = round.down[0][i] + next.down[0][i];
    }
  }

 private:
  float learning_rate_;
};

class ScaffoldClient : public Client {
 public:
  bool drifts() const override { return true; }

  void Begin(const LocalTask& task, std::span<float> drift) const override {
    const std::span<const float> own = task.state.Find(kControl);
    for (std::size_t i = 0; i < drift.size(); ++i) {
      drift[i] = own.empty() ? task.down[0][i] : task.down[0][i] - own[i];
    }
  }

  void End(const LocalTask& task, LocalAnswer& answer) const override {
    const std::span<const float> own = task.state.Find(kControl);
    const std::span<float> next = task.state.Stage(task.ask, kControl, answer.update.size());
    // A client without examples takes no steps, and keeps what it has.
    const double path = static_cast<double>(answer.steps) * task.plan.learning_rate;
    for (std::size_t i = 0; i < next.size(); ++i) {
      const float before = own.empty() ? 0.0F : own[i];
      const float slope =
          path > 0 ? static_cast<float>(-static_cast<double>(answer.update[i]) / path) : 0.0F;
      next[i] = path > 0 ? before - task.down[0][i] + slope : before;
      answer.up[0][i] = next[i] - before;
    }
  }
};

absl::Status Check(const PlugIn&, const RoundPlan& plan) {
  if (plan.momentum == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("federation.algorithm: \"scaffold\" computes gradients from the way that was "
                   "trained, which momentum lengthens: training.momentum = ",
                   plan.momentum, " must be 0"));
}

}  // namespace

AlgorithmEntry ScaffoldEntry() {
  return {.info = {"scaffold", "control variates against the drift of clients",
                   "Karimireddy et al. 2020, arXiv:1910.06378", kOptions},
          .server = [](const PlugIn& options, std::size_t) -> std::unique_ptr<Server> {
            return std::make_unique<ScaffoldServer>(options.Number("learning_rate"));
          },
          .client = [](const PlugIn&) -> std::unique_ptr<const Client> {
            return std::make_unique<ScaffoldClient>();
          },
          .needs =
              [](const PlugIn&) {
                return Needs{
                    .up = {{kControl, VectorWeight::kOne}}, .down = {kControl}, .remembers = true};
              },
          .check = &Check};
}

}  // namespace fedround::algorithm
