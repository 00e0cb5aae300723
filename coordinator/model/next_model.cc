#include "coordinator/model/next_model.h"

#include <algorithm>
#include <utility>

namespace fedround::coordinator {
namespace {

FloatBuffer Copy(std::span<const float> values) {
  FloatBuffer copy(values.size());
  std::ranges::copy(values, copy.data());
  return copy;
}

}  // namespace

std::shared_ptr<Model> NextModel(const Model& current, FloatBuffer mean,
                                 const TrainedEntries& trained, algorithm::Algorithm& algorithm) {
  const std::span<const float> parameters = current.parameters.span();
  if (trained.size() == parameters.size()) {
    algorithm.Apply(parameters, mean.span());
    return NamedModel(std::move(mean));
  }
  FloatBuffer next = Copy(parameters);
  FloatBuffer packed = Copy(parameters);
  algorithm.Apply(trained.Pack(packed.span()), mean.span());
  trained.Unpack(std::as_const(mean).span(), next.span());
  return NamedModel(std::move(next));
}

}  // namespace fedround::coordinator
