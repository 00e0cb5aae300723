// An attack: a share of the clients sends the opposite of what it learned, perhaps scaled. Who they
// are follows from the seed alone and is the same in all rounds.
// Source: Li et al. 2019, arXiv:1811.03761 (sign-flipping attacks).
#include <algorithm>
#include <cmath>
#include <vector>

#include "common/round/cohort.h"
#include "common/stage/stages/table.h"

namespace fedround::stage {
namespace {

const OptionSpec kOptions[] = {{.name = "share",
                                .default_value = 0.2,
                                .help = "of the clients, rounded to a whole number, that do this",
                                .min = 0,
                                .max = 1},
                               {.name = "scale",
                                .default_value = 1.0,
                                .help = "factor on their updates",
                                .min = 0,
                                .max = 1e6}};

class SignFlip : public Stage {
 public:
  SignFlip(double share, double scale, const Population& population)
      : scale_(static_cast<float>(scale)),
        adversaries_(DrawAdversaries(population.seed, population.clients,
                                     static_cast<std::uint64_t>(std::llround(
                                         share * static_cast<double>(population.clients))))) {}

  void Apply(ClientId client, std::span<float> update, Metrics& metrics) const override {
    const bool flips = std::ranges::binary_search(adversaries_, client);
    metrics["sign_flip.flipped"] = flips ? 1 : 0;
    if (!flips) return;
    for (float& entry : update) entry *= -scale_;
  }

 private:
  const float scale_;
  const std::vector<ClientId> adversaries_;  // ascending
};

}  // namespace

StageEntry SignFlipEntry() {
  return {{"sign_flip", "a share of the clients sends the opposite of its update",
           "Li et al. 2019, arXiv:1811.03761", kOptions},
          [](const PlugIn& options, const Population& population) -> std::unique_ptr<const Stage> {
            return std::make_unique<SignFlip>(options.Number("share"), options.Number("scale"),
                                              population);
          }};
}

}  // namespace fedround::stage
