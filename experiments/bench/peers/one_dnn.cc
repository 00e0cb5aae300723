#include "experiments/bench/peers/one_dnn.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/nn/training/softmax_cross_entropy.h"

namespace fedround::bench {
namespace {

constexpr const char* kFiles[] = {"libdnnl.so.3", "libdnnl.so.2", "libdnnl.so"};

// The head of dnnl_version_t of dnnl.h.
struct Version {
  int major;
  int minor;
  int patch;
};

void* OpenLibrary() {
  // One thread, as the contest counts only the calling thread's time. Read when OpenMP is loaded.
  setenv("OMP_NUM_THREADS", "1", 1);
  for (const char* file : kFiles) {
    if (void* const library = dlopen(file, RTLD_NOW | RTLD_LOCAL); library != nullptr) {
      return library;
    }
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<OneDnn> OneDnn::Load() {
  void* const library = OpenLibrary();
  if (library == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("oneDNN: ", dlerror(), "; install it with `apt-get install libdnnl-dev`"));
  }
  void* const sgemm = dlsym(library, "dnnl_sgemm");
  void* const version = dlsym(library, "dnnl_version");
  if (sgemm == nullptr || version == nullptr) {
    return absl::NotFoundError(
        "oneDNN: libdnnl has no dnnl_sgemm or dnnl_version; install version 2 or 3");
  }
  OneDnn loaded;
  loaded.sgemm_ = reinterpret_cast<Sgemm>(sgemm);
  const Version& number = *reinterpret_cast<const Version* (*)()>(version)();
  loaded.name_ = absl::StrCat("oneDNN ", number.major, ".", number.minor, ".", number.patch);
  return loaded;
}

void OneDnnDense(const OneDnn& library, Product product, const DenseOperands& o) {
  const auto batch = static_cast<std::int64_t>(o.shape.batch);
  const auto in = static_cast<std::int64_t>(o.shape.in);
  const auto out = static_cast<std::int64_t>(o.shape.out);
  switch (product) {
    case Product::kForward:
      library.sgemm()('N', 'T', batch, out, in, 1, o.x.data(), in, o.w.data(), in, 0, o.z.data(),
                      out);
      return EigenAddBias(o);
    case Product::kInputGradient:
      library.sgemm()('N', 'N', batch, in, out, 1, o.dz.data(), out, o.w.data(), in, 0, o.dx.data(),
                      in);
      return;
    case Product::kWeightGradient:
      library.sgemm()('T', 'N', out, in, batch, o.scale, o.dz.data(), out, o.x.data(), in, 1,
                      o.w.data(), in);
      return EigenAddBiasGradient(o);
  }
}

OneDnnNetwork::OneDnnNetwork(const OneDnn& library, std::vector<std::size_t> widths,
                             std::span<const float> parameters, std::size_t max_batch)
    : library_(library) {
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    const std::size_t in = widths[i];
    const std::size_t out = widths[i + 1];
    Layer layer{.in = static_cast<std::int64_t>(in),
                .out = static_cast<std::int64_t>(out),
                .weights = FloatBuffer(in * out),
                .bias = FloatBuffer(out),
                .output = FloatBuffer(max_batch * out),
                .gradient = FloatBuffer(max_batch * out)};
    for (std::size_t j = 0; j < in * out; ++j) {
      layer.weights[j % in * out + j / in] = parameters[j];
    }
    std::ranges::copy(parameters.subspan(in * out, out), layer.bias.data());
    parameters = parameters.subspan((in + 1) * out);
    layers_.push_back(std::move(layer));
  }
}

void OneDnnNetwork::Forward(Layer& layer, const float* inputs, std::int64_t batch,
                            bool is_last) const {
  const auto [in, out] = std::pair(layer.in, layer.out);
  library_.sgemm()('N', 'N', batch, out, in, 1, inputs, in, layer.weights.data(), out, 0,
                   layer.output.data(), out);
  const float* const bias = layer.bias.data();
  for (std::int64_t b = 0; b < batch; ++b) {
    float* const row = layer.output.data() + b * out;
    for (std::int64_t j = 0; j < out; ++j) {
      const float z = row[j] + bias[j];
      row[j] = is_last ? z : std::max(z, 0.0F);
    }
  }
}

void OneDnnNetwork::Backward(Layer& layer, const float* inputs, const float* gradient,
                             std::int64_t batch, float learning_rate) const {
  library_.sgemm()('T', 'N', layer.in, layer.out, batch, -learning_rate, inputs, layer.in, gradient,
                   layer.out, 1, layer.weights.data(), layer.out);
  float* const bias = layer.bias.data();
  for (std::int64_t b = 0; b < batch; ++b) {
    const float* const row = gradient + b * layer.out;
    for (std::int64_t j = 0; j < layer.out; ++j) bias[j] -= learning_rate * row[j];
  }
}

nn::BatchLoss OneDnnNetwork::Evaluate(const Batch& batch) {
  const auto size = static_cast<std::int64_t>(batch.labels.size());
  const float* inputs = batch.inputs.data();
  for (Layer& layer : layers_) {
    Forward(layer, inputs, size, &layer == &layers_.back());
    inputs = layer.output.data();
  }
  Layer& last = layers_.back();
  const auto logits =
      last.output.span().first(batch.labels.size() * static_cast<std::size_t>(last.out));
  return nn::SoftmaxCrossEntropy(logits, batch.labels);
}

nn::BatchLoss OneDnnNetwork::TrainStep(const Batch& batch, float learning_rate) {
  const nn::BatchLoss loss = Evaluate(batch);
  const auto size = static_cast<std::int64_t>(batch.labels.size());
  const float* gradient = layers_.back().output.data();
  for (std::size_t i = layers_.size() - 1; i > 0; --i) {
    Layer& layer = layers_[i];
    Layer& below = layers_[i - 1];
    library_.sgemm()('N', 'T', size, layer.in, layer.out, 1, gradient, layer.out,
                     layer.weights.data(), layer.out, 0, below.gradient.data(), below.out);
    Backward(layer, below.output.data(), gradient, size, learning_rate);
    const float* const output = below.output.data();
    float* const passed = below.gradient.data();
    for (std::int64_t j = 0; j < size * below.out; ++j) passed[j] = output[j] > 0 ? passed[j] : 0;
    gradient = passed;
  }
  Backward(layers_.front(), batch.inputs.data(), gradient, size, learning_rate);
  return loss;
}

absl::StatusOr<Variant> MakeOneDnnStep(const OneDnn& library, const Model& model,
                                       const Examples& examples, std::size_t batch, Pass pass,
                                       float learning_rate, std::span<const float> parameters) {
  if (model.preset != nn::Preset::kMlp) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--peer onednn: ", model.name, " has layers that are not dense; leave --peer out"));
  }
  std::vector<std::size_t> widths = {model.inputs};
  widths.insert(widths.end(), model.hidden.begin(), model.hidden.end());
  widths.push_back(kClasses);
  const auto network = std::make_shared<OneDnnNetwork>(library, widths, parameters, batch);
  const auto walk = std::make_shared<Walk>(examples, batch);
  const auto prepare = [walk, rng = Rng(0, RngPurpose::kBatchOrder)]() mutable { walk->Jump(rng); };
  const auto run = [network, walk, pass, learning_rate](std::size_t steps) {
    while (steps-- > 0) {
      if (pass == Pass::kForward) {
        network->Evaluate(walk->Next());
      } else {
        network->TrainStep(walk->Next(), learning_rate);
      }
    }
  };
  return Variant{library.name(), run, prepare};
}

}  // namespace fedround::bench
