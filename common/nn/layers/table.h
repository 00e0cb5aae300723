// All layers. To add one, write a file in this folder with a class that derives from Layer and a
// function `LayerEntry NameEntry()`, and the line `FEDROUND_LAYER(Name)` in table.inc. Examples:
// dropout.cc has no parameters, layer_norm.cc sets its own initial values, dense.cc leaves them to
// an initialiser.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/plug_in.h"
#include "common/kernels/activations/activation_kernel.h"
#include "common/nn/layers/layer.h"

namespace fedround::nn {

// The place of a layer in a network.
struct LayerPlace {
  std::string key;                 // where the experiment asks for it: "model.layer[2]"
  std::string name;                // "conv1"
  FeatureShape in;                 // the shape of its input
  std::size_t room = 0;            // parameters that it may have
  std::size_t max_parameters = 0;  // and those of the whole network
  PlugIn activation;               // model.activation
  kernels::ActivationKernel activation_kernel = kernels::ActivationKernel::kFast;
};

struct LayerEntry {
  PlugInInfo info;
  absl::string_view stem;  // a network's layers of this kind are stem + 1, 2, ...
  // Errors: INVALID_ARGUMENT for options that do not fit the place; says which layer, what it gets,
  // and what to change.
  absl::StatusOr<std::unique_ptr<Layer>> (*make)(const PlugIn& resolved, const LayerPlace& place);
};

// Largest kernel, stride, padding and number of channels, so that no product of them overflows.
inline constexpr double kMaxExtent = 4096;

// "model.layer[2], conv2: gets 5 x 5 x 32; " and what is wrong.
absl::Status PlaceError(const LayerPlace& place, absl::string_view what);
// Refuses a weight [fan.out, fan.in] with its bias if the place has no room for them. Safe against
// overflow.
absl::Status CheckRoom(const LayerPlace& place, const Fan& fan);
// Refuses a place without images, or with images smaller than a window of `kernel` pixels.
absl::Status CheckWindow(const LayerPlace& place, std::size_t kernel, std::size_t padding);

// An option that is a size, 1 .. max. With the default 0 it must be given.
OptionSpec SizeOption(absl::string_view name, double default_value, absl::string_view help,
                      double max);

#define FEDROUND_LAYER(name) LayerEntry name##Entry();
#include "common/nn/layers/table.inc"
#undef FEDROUND_LAYER

std::span<const LayerEntry> LayerTable();

}  // namespace fedround::nn
