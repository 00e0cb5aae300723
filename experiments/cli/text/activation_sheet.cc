#include "experiments/cli/text/activation_sheet.h"

#include <algorithm>
#include <functional>
#include <memory>

#include "common/base/clock.h"
#include "common/base/measure/bench.h"
#include "common/base/named_enum.h"
#include "common/base/rng.h"

namespace fedround::cli {
namespace {

// The time of one call: the least of several, since disturbances only add to it.
double LeastNanos(const std::function<void()>& pass) {
  constexpr int kCalls = 200;  // reading the clock takes as long as a pass
  const auto calls = [&pass] {
    for (int i = 0; i < kCalls; ++i) pass();
  };
  const std::vector<double> times = bench::Interleave({{"", calls}}, 9).front();
  return *std::min_element(times.begin(), times.end()) / kCalls;
}

void Measure(const nn::Activation& activation, ActivationSheet& sheet) {
  constexpr std::size_t kElements = 2000;
  Rng rng(1, RngPurpose::kInitialWeights, 0, 0);
  std::vector<float> z(kElements), a(kElements), gradient(kElements);
  for (float& value : z) value = static_cast<float>(2.0 * rng.NextNormal());
  const std::vector<float> fresh = z;
  sheet.forward_ns = LeastNanos([&] { activation.Forward(z, a); }) / kElements;

  // Each pass starts from a fresh gradient: one that shrinks with every pass would become denormal.
  const bool keeps_input = activation.keeps() == nn::Activation::Keeps::kInput;
  const auto copy = [&] { std::copy(fresh.begin(), fresh.end(), gradient.begin()); };
  const double with_copy = LeastNanos([&] {
    copy();
    activation.Backward(keeps_input ? z : a, gradient);
  });
  sheet.backward_ns = std::max(0.0, with_copy - LeastNanos(copy)) / kElements;
}

}  // namespace

ActivationSheet SheetOf(const nn::ActivationEntry& entry) {
  const std::unique_ptr<nn::Activation> activation = entry.make(WithDefaults({}, entry.info));
  ActivationSheet sheet;
  sheet.gain = activation->gain();
  sheet.keeps = activation->keeps() == nn::Activation::Keeps::kInput ? "input" : "output";
  sheet.kinks.assign(activation->kinks().begin(), activation->kinks().end());
  for (const kernels::ActivationKernel kernel : kernels::kActivationKernels) {
    if (entry.has(kernel)) sheet.kernels.emplace_back(NameOf(kernel));
  }
  Measure(*activation, sheet);
  return sheet;
}

}  // namespace fedround::cli
