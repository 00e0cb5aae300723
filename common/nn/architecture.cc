#include "common/nn/architecture.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/named_enum.h"
#include "common/base/plug_in_table.h"
#include "common/base/status_macros.h"
#include "common/nn/layers/table.h"
#include "common/round/model_layout.h"

namespace fedround::nn {
namespace {

// Of one example, anywhere in the network.
constexpr std::size_t kMaxFeatures = std::size_t{1} << 24;

// A layer, and where the experiment asks for it.
struct Request {
  std::string key;
  PlugIn layer;
};

PlugIn LayerOf(absl::string_view name,
               std::initializer_list<std::pair<const std::string, OptionValue>> options = {}) {
  return {std::string(name), options};
}

PlugIn DenseOf(std::size_t units) {
  return LayerOf("dense", {{"units", static_cast<double>(units)}});
}

absl::StatusOr<std::vector<Request>> Mlp(const NetworkSpec& spec) {
  std::vector<Request> requests;
  for (std::size_t i = 0; i < spec.hidden.size(); ++i) {
    const std::string key = absl::StrCat("model.hidden[", i, "]");
    if (spec.hidden[i] == 0) {
      return absl::InvalidArgumentError(absl::StrCat(key, " = 0: must be >= 1"));
    }
    requests.push_back({key, DenseOf(spec.hidden[i])});
    requests.push_back({key, LayerOf("activation")});
  }
  return requests;
}

absl::StatusOr<std::vector<Request>> Linear(const NetworkSpec&) { return std::vector<Request>(); }

// Source: McMahan et al. 2017, arXiv:1602.05629, section 3. On 28 x 28 x 1 and ten classes it has
// 1,663,370 parameters.
absl::StatusOr<std::vector<Request>> Cnn(const NetworkSpec&) {
  std::vector<Request> requests;
  const auto add = [&](PlugIn layer) {
    requests.push_back({"model.preset = \"cnn\"", std::move(layer)});
  };
  for (const double channels : {32.0, 64.0}) {
    add(LayerOf("conv2d", {{"channels", channels}, {"kernel", 5.0}, {"padding", 2.0}}));
    add(LayerOf("activation"));
    add(LayerOf("max_pool"));
  }
  add(LayerOf("flatten"));
  add(DenseOf(512));
  add(LayerOf("activation"));
  return requests;
}

absl::StatusOr<std::vector<Request>> Custom(const NetworkSpec& spec) {
  if (spec.layers.empty()) {
    return absl::InvalidArgumentError(
        "model.layer is empty: model.preset = \"custom\" needs at least one [[model.layer]]");
  }
  std::vector<Request> requests;
  for (std::size_t i = 0; i < spec.layers.size(); ++i) {
    requests.push_back({absl::StrCat("model.layer[", i, "]"), spec.layers[i]});
  }
  return requests;
}

struct Shape {
  Preset preset;
  bool takes_images;  // if not, an image is taken as a flat vector
  absl::StatusOr<std::vector<Request>> (*requests)(const NetworkSpec& spec);
};

constexpr Shape kShapes[] = {{Preset::kMlp, false, Mlp},
                             {Preset::kLinear, false, Linear},
                             {Preset::kCnn, true, Cnn},
                             {Preset::kCustom, true, Custom}};

absl::StatusOr<Shape> FindShape(const NetworkSpec& spec) {
  const auto* const shape = std::ranges::find(kShapes, spec.preset, &Shape::preset);
  if (shape == std::end(kShapes)) {
    return absl::InvalidArgumentError(absl::StrCat("model.preset = \"", NameOf(spec.preset),
                                                   "\": is not a network of fedround's own"));
  }
  if (spec.preset == Preset::kCustom || spec.layers.empty()) return *shape;
  return absl::InvalidArgumentError(absl::StrCat(
      "model.layer: ", spec.layers.size(), " given, but model.preset = \"", NameOf(spec.preset),
      "\" has its own: set model.preset = \"custom\" or leave them out"));
}

absl::StatusOr<FeatureShape> InputShape(const NetworkSpec& spec, const Shape& shape) {
  const auto zero = [](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("the data set's ", what, " = 0: must be >= 1"));
  };
  if (spec.inputs == 0) return zero("inputs");
  if (spec.classes == 0) return zero("classes");
  const FeatureShape flat{1, 1, spec.inputs};
  if (!shape.takes_images || spec.image.size() == 0) return flat;
  CHECK(spec.image.size() == spec.inputs);
  return spec.image;
}

// Adds layer after layer.
class Builder {
 public:
  Builder(const NetworkSpec& spec, const FeatureShape& input) : spec_(spec) {
    place_.in = input;
    place_.room = spec.max_parameters;
    place_.max_parameters = spec.max_parameters;
    place_.activation = spec.activation;
    place_.activation_kernel = spec.activation_kernel;
  }

  // The layer gets the next name of its kind, unless `name` gives one.
  absl::Status Add(const Request& request, absl::string_view name = "") {
    place_.key = request.key;
    ASSIGN_OR_RETURN(const auto resolved,
                     ResolveEntry(request.key, "layer", request.layer, LayerTable()));
    const LayerEntry& entry = *resolved.entry;
    place_.name =
        name.empty() ? absl::StrCat(entry.stem, ++counts_[entry.stem]) : std::string(name);
    ASSIGN_OR_RETURN(std::unique_ptr<Layer> layer, entry.make(resolved.options, place_));
    if (layer->out().size() > kMaxFeatures) {
      return PlaceError(place_, absl::StrCat("makes ", layer->out().size(),
                                             " features of an example: must be <= ", kMaxFeatures));
    }
    place_.room -= ParameterCount(layer->tensors());
    place_.in = layer->out();
    layers_.push_back(std::move(layer));
    return absl::OkStatus();
  }

  absl::StatusOr<LayerStack> Finish() && {
    RETURN_IF_ERROR(Add({"model", DenseOf(spec_.classes)}, kOutputLayer));
    StackOptions options{.skip_zeros = spec_.skip_zeros,
                         .fuse_activations = spec_.fuse_activations};
    ASSIGN_OR_RETURN(options.frozen, Frozen());
    return LayerStack(std::move(layers_), std::move(options));
  }

 private:
  // Which layers model.freeze names.
  absl::StatusOr<std::vector<bool>> Frozen() const {
    std::vector<absl::string_view> names;  // of the layers that have parameters
    for (const auto& layer : layers_) {
      if (!layer->tensors().empty()) names.push_back(layer->name());
    }
    RETURN_IF_ERROR(CheckFreeze(spec_.freeze, names));
    std::vector<bool> frozen;
    for (const auto& layer : layers_) {
      frozen.push_back(std::ranges::find(spec_.freeze, layer->name()) != spec_.freeze.end());
    }
    return frozen;
  }

  const NetworkSpec& spec_;
  LayerPlace place_;
  std::map<absl::string_view, int> counts_;
  std::vector<std::unique_ptr<Layer>> layers_;
};

}  // namespace

absl::StatusOr<LayerStack> MakeLayers(const NetworkSpec& spec) {
  ASSIGN_OR_RETURN(const Shape shape, FindShape(spec));
  ASSIGN_OR_RETURN(const FeatureShape input, InputShape(spec, shape));
  ASSIGN_OR_RETURN(const std::vector<Request> requests, shape.requests(spec));
  Builder builder(spec, input);
  for (const Request& request : requests) RETURN_IF_ERROR(builder.Add(request));
  return std::move(builder).Finish();
}

}  // namespace fedround::nn
