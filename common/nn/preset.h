// The shapes of networks that have a name: the values of model.preset.
#pragma once

#include <array>

namespace fedround::nn {

enum class Preset {
  kMlp,       // dense layers of given widths
  kLinear,    // no hidden layer
  kCnn,       // that of McMahan et al. 2017
  kCustom,    // a list of layers
  kExternal,  // not a network of ours: only its clients know what it is
};

constexpr std::array<const char*, 5> NamesOf(Preset) {
  return {"mlp", "linear", "cnn", "custom", "external"};
}

}  // namespace fedround::nn
