#include "coordinator/model/next_model.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace fedround::coordinator {
namespace {

FloatBuffer Copy(std::span<const float> values) {
  FloatBuffer copy(values.size());
  std::ranges::copy(values, copy.data());
  return copy;
}

// The vectors [size] that follow one another in `values`.
template <typename Float>
std::vector<std::span<Float>> Vectors(std::span<Float> values, std::size_t size) {
  std::vector<std::span<Float>> vectors;
  for (; !values.empty(); values = values.subspan(size)) vectors.push_back(values.first(size));
  return vectors;
}

}  // namespace

std::shared_ptr<Model> NextModel(const FoldedRound& round, algorithm::Server& algorithm,
                                 FloatBuffer memory) {
  const std::span<const float> current = std::as_const(round.current.parameters).span();
  const std::size_t trained = round.trained.size();
  const std::size_t parameters = current.size() - round.down * trained;
  FloatBuffer next =
      memory.size() == current.size() ? std::move(memory) : FloatBuffer(current.size());
  const auto apply = [&](std::span<const float> from, std::span<float> to) {
    algorithm.Apply(
        {from, Vectors(current.subspan(parameters), trained), round.folded, round.clients},
        {to, Vectors(next.span().subspan(parameters), trained)});
  };
  if (trained == parameters) {
    apply(current.first(parameters), next.span().first(parameters));
  } else {
    FloatBuffer packed = Copy(current.first(parameters));
    FloatBuffer stepped(trained);
    apply(round.trained.Pack(packed.span()), stepped.span());
    std::ranges::copy(current.first(parameters), next.data());
    round.trained.Unpack(std::as_const(stepped).span(), next.span().first(parameters));
  }
  return NamedModel(std::move(next));
}

FloatBuffer WithZeros(FloatBuffer values, std::size_t zeros) {
  if (zeros == 0) return values;
  FloatBuffer longer(values.size() + zeros);
  std::fill(std::ranges::copy(values.span(), longer.data()).out, longer.data() + longer.size(),
            0.0F);
  return longer;
}

}  // namespace fedround::coordinator
