// The shapes of networks that have a name: the values of model.preset.
#pragma once

#include <array>

namespace fedround::nn {

enum class Preset {
  kMlp,     // dense layers of given widths
  kLinear,  // no hidden layer
  kCnn,     // that of McMahan et al. 2017
  kCustom,  // a list of layers
};

constexpr std::array<const char*, 4> NamesOf(Preset) { return {"mlp", "linear", "cnn", "custom"}; }

}  // namespace fedround::nn
