#include "common/nn/layers/dense.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "common/kernels/dense.h"

namespace fedround::nn {

TensorSpec Dense::weight() const {
  return {absl::StrCat(name_, ".weight"),
          {static_cast<std::int64_t>(out_), static_cast<std::int64_t>(in_)}};
}

TensorSpec Dense::bias() const {
  return {absl::StrCat(name_, ".bias"), {static_cast<std::int64_t>(out_)}};
}

void Dense::Forward(std::span<const float> parameters, std::span<const float> x,
                    std::span<float> z) const {
  kernels::DenseForward({z.size() / out_, in_, out_}, x,
                        parameters.subspan(offset_, weight_count()),
                        parameters.subspan(offset_ + weight_count(), out_), z);
}

void Dense::BackwardInput(std::span<const float> parameters, std::span<const float> dz,
                          std::span<float> dx) const {
  kernels::DenseBackwardInput({dz.size() / out_, in_, out_}, dz,
                              parameters.subspan(offset_, weight_count()), dx);
}

void Dense::Update(const SgdOptions& options, const SgdState& state, std::span<const float> x,
                   std::span<const float> dz) const {
  SgdStep(options, state.Slice(offset_, parameter_count()),
          [&](float scale, std::span<float> target) {
            kernels::DenseAddGradient({dz.size() / out_, in_, out_}, scale, x, dz,
                                      target.first(weight_count()), target.last(out_));
          });
}

}  // namespace fedround::nn
