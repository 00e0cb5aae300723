#include "common/nn/layers/activation_layer.h"

#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "common/nn/activations/table.h"
#include "common/nn/layers/table.h"

namespace fedround::nn {

void ActivationLayer::Forward(const LayerValues& at, Rng* /*dropout*/) const {
  activation_->Forward(at.x, at.y);
}

void ActivationLayer::BackwardInput(const LayerValues& at, std::span<const float> dy,
                                    std::span<float> dx) const {
  CHECK(dx.data() == dy.data());
  activation_->Backward(needs_input() ? at.x : at.y, dx);
}

LayerEntry ActivationLayerEntry() {
  static const OptionSpec kOptions[] = {
      {.name = "activation",
       .default_value = std::string(),
       .help = "its name, with default options; empty: model.activation"}};
  return {
      {"activation", "a function of each value", "", kOptions},
      "activation",
      [](const PlugIn& given, const LayerPlace& place) -> absl::StatusOr<std::unique_ptr<Layer>> {
        const std::string& own = given.Text("activation");
        ASSIGN_OR_RETURN(auto activation,
                         MakeActivation(own.empty() ? "model.activation" : place.key,
                                        own.empty() ? place.activation : PlugIn{own, {}},
                                        place.activation_kernel));
        return std::make_unique<ActivationLayer>(place.name, place.in, std::move(activation));
      }};
}

}  // namespace fedround::nn
