// What FedAdagrad, FedYogi and FedAdam share: a server that divides momentum by the square root of
// what it has seen of the updates' squares, and differ in: how it remembers those.
//
//   m = beta1 m + (1 - beta1) mean
//   v = (by the algorithm)           v starts at tau^2
//   w = w + learning_rate m / (sqrt(v) + tau)
//
// Source: Reddi et al. 2021, arXiv:2003.00295, Algorithm 2; without bias correction, as there.
#pragma once

#include <cmath>
#include <memory>
#include <vector>

#include "common/algorithm/algorithms/table.h"

namespace fedround::algorithm {

// Their options. FedAdagrad has no beta2.
inline constexpr OptionSpec kServerLearningRate{
    .name = "learning_rate", .default_value = 0.01, .help = "of the server", .min = 0, .max = 1e6};
inline constexpr OptionSpec kTau{.name = "tau",
                                 .default_value = 0.001,
                                 .help = "degree of adaptivity: smaller adapts more",
                                 .min = 1e-30,
                                 .max = 1e6};

// `Second` is called with v and the mean squared, as float, and returns the next v.
template <typename Second>
class Adaptive : public Server {
 public:
  Adaptive(const PlugIn& options, double beta1, std::size_t size, Second second)
      : beta1_(static_cast<float>(beta1)),
        learning_rate_(static_cast<float>(options.Number("learning_rate"))),
        tau_(static_cast<float>(options.Number("tau"))),
        second_(second),
        m_(size, 0.0F),
        v_(size, tau_ * tau_) {}

  void Apply(const Round& round, const Next& next) override {
    round.folded.sums(0).WriteMean(next.parameters);
    for (std::size_t i = 0; i < m_.size(); ++i) {
      const float mean = next.parameters[i];
      m_[i] = beta1_ * m_[i] + (1 - beta1_) * mean;
      v_[i] = second_(v_[i], mean * mean);
      next.parameters[i] = round.parameters[i] + learning_rate_ * m_[i] / (std::sqrt(v_[i]) + tau_);
    }
  }

  std::vector<NamedVector> State() override { return {{"m", m_}, {"v", v_}}; }

 private:
  float beta1_;
  float learning_rate_;
  float tau_;
  Second second_;
  std::vector<float> m_;
  std::vector<float> v_;
};

}  // namespace fedround::algorithm
