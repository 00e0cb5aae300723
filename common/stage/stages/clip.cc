// Clips the whole update to an L2 norm: u becomes u * min(1, norm / |u|), so that no single client
// moves the mean by more than the norm times its weight: unless a codec with error feedback adds
// what it left out before, or rounds up.
// Source: McMahan et al. 2018, arXiv:1710.06963, section 3 (flat clipping).
#include <cmath>

#include "common/stage/stages/table.h"

namespace fedround::stage {
namespace {

const OptionSpec kOptions[] = {{.name = "norm",
                                .default_value = 1.0,
                                .help = "largest L2 norm of an update",
                                .min = 1e-9,
                                .max = 1e9}};

class Clip : public Stage {
 public:
  explicit Clip(double norm) : norm_(norm) {}

  void Apply(ClientId, std::span<float> update, Metrics& metrics) const override {
    double squares = 0;
    for (const float entry : update) squares += double{entry} * double{entry};
    const double norm = std::sqrt(squares);
    metrics["clip.norm"] = norm;
    metrics["clip.clipped"] = norm > norm_ ? 1 : 0;
    if (norm <= norm_) return;
    const double factor = norm_ / norm;
    for (float& entry : update) entry = static_cast<float>(entry * factor);
  }

 private:
  const double norm_;
};

}  // namespace

StageEntry ClipEntry() {
  return {{"clip", "clips the whole update to an L2 norm", "McMahan et al. 2018, arXiv:1710.06963",
           kOptions},
          [](const PlugIn& options, const Population&) -> std::unique_ptr<const Stage> {
            return std::make_unique<Clip>(options.Number("norm"));
          }};
}

}  // namespace fedround::stage
