#include "common/nn/training/health.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>

#include "common/base/check.h"

namespace fedround::nn {
namespace {

// For how many i < `size` condition(i) holds. Counted in blocks with 32-bit counters, as wide as
// the floats that the conditions are about, so that it becomes vector code.
template <typename Condition>
std::uint64_t Count(std::size_t size, Condition condition) {
  constexpr std::size_t kBlock = 4096;
  std::uint64_t count = 0;
  for (std::size_t first = 0; first < size; first += kBlock) {
    const std::size_t end = std::min(first + kBlock, size);
    std::uint32_t of_block = 0;
    for (std::size_t i = first; i < end; ++i) of_block += condition(i) ? 1U : 0U;
    count += of_block;
  }
  return count;
}

double SquaredNorm(std::span<const float> values) {
  const Eigen::Map<const Eigen::VectorXf> vector(values.data(),
                                                 static_cast<Eigen::Index>(values.size()));
  return vector.cast<double>().squaredNorm();
}

// Calls visit(tensor's number, its slice of `values` [P]) for each tensor.
template <typename Visit>
void ForEachTensor(const Network& network, std::span<const float> values, Visit visit) {
  CHECK(values.size() == network.parameter_count());
  std::size_t offset = 0;
  for (std::size_t i = 0; i < network.tensors().size(); ++i) {
    const std::size_t size = network.tensors()[i].elements();
    visit(i, values.subspan(offset, size));
    offset += size;
  }
}

bool IsWeight(const TensorSpec& tensor) { return tensor.shape.size() >= 2; }

// The number of the matrix's entries in dark columns that are the same in both.
std::uint64_t CountSameInTheDark(std::span<const float> before, const float* after,
                                 const LitColumns& columns) {
  const std::uint32_t* const lit = columns.lit().data();
  std::uint64_t count = 0;
  for (std::size_t first = 0; first < before.size(); first += columns.size()) {
    const float* const old_row = before.data() + first;
    const float* const new_row = after + first;
    // Not &&: both sides are read anyway, and without a branch.
    count += Count(columns.size(), [=](std::size_t i) {
      return (old_row[i] == new_row[i] ? 1U : 0U) & (lit[i] ^ 1U);
    });
  }
  return count;
}

double Share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void LitColumns::Add(std::span<const float> rows) {
  const std::size_t columns = size();
  CHECK(rows.size() % columns == 0);
  std::uint32_t* const lit = lit_.data();
  for (std::size_t first = 0; first < rows.size(); first += columns) {
    const float* const row = rows.data() + first;
    for (std::size_t i = 0; i < columns; ++i) lit[i] |= row[i] != 0.0f ? 1U : 0U;
  }
}

std::size_t LitColumns::dark() const {
  return static_cast<std::size_t>(std::ranges::count(lit_, 0U));
}

void ActivationHealth::Saw(const Layer& layer, std::span<const float> output) {
  if (layer.activation() == nullptr) return;
  auto seen = std::ranges::find(seen_, layer.name(), &Seen::layer);
  if (seen == seen_.end()) {
    seen_.push_back({layer.name(), LitColumns(layer.out().channels)});
    seen = seen_.end() - 1;
  }
  const std::size_t size = output.size();
  const float* const y = output.data();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  seen->units.Add(output);
  seen->outputs += size;
  seen->zeros += Count(size, [y](std::size_t i) { return y[i] == 0.0f; });
  seen->nans += Count(size, [y](std::size_t i) { return y[i] != y[i]; });
  seen->infinities += Count(size, [y](std::size_t i) { return std::fabs(y[i]) == kInfinity; });
}

void ActivationHealth::AppendTo(std::vector<HealthValue>& values) const {
  for (const Seen& seen : seen_) {
    values.push_back({seen.layer, "zeros", Share(seen.zeros, seen.outputs)});
    values.push_back({seen.layer, "dead", Share(seen.units.dark(), seen.units.size())});
    values.push_back({seen.layer, "nan", static_cast<double>(seen.nans)});
    values.push_back({seen.layer, "inf", static_cast<double>(seen.infinities)});
  }
}

void AppendWeightNorms(const Network& network, std::span<const float> parameters,
                       std::vector<HealthValue>& values) {
  ForEachTensor(network, parameters, [&](std::size_t i, std::span<const float> own) {
    const TensorSpec& tensor = network.tensors()[i];
    if (!IsWeight(tensor)) return;
    values.push_back({tensor.name, "l2_norm", std::sqrt(SquaredNorm(own))});
  });
}

void AppendGradientRms(const Network& network, std::span<const float> gradient,
                       std::vector<HealthValue>& values) {
  ForEachTensor(network, gradient, [&](std::size_t i, std::span<const float> own) {
    const TensorSpec& tensor = network.tensors()[i];
    if (!IsWeight(tensor) || network.layout().fates[i] == Fate::kFrozen) return;
    const double mean_square = SquaredNorm(own) / static_cast<double>(own.size());
    values.push_back({tensor.name, "gradient_rms", std::sqrt(mean_square)});
  });
}

void AppendUpdateZeros(const Network& network, std::span<const float> before,
                       std::span<const float> after, const LitColumns& inputs,
                       std::vector<HealthValue>& values) {
  CHECK(after.size() == before.size() && inputs.size() == network.inputs());
  std::uint64_t trained = 0;
  std::uint64_t zeros = 0;
  std::uint64_t by_input = 0;
  ForEachTensor(network, before, [&](std::size_t i, std::span<const float> own) {
    if (network.layout().fates[i] == Fate::kFrozen) return;
    trained += own.size();
    const float* const old_values = own.data();
    const float* const new_values = after.data() + (own.data() - before.data());
    zeros += Count(own.size(), [=](std::size_t k) { return old_values[k] == new_values[k]; });
    if (i == 0 && network.starts_dense()) by_input = CountSameInTheDark(own, new_values, inputs);
  });
  values.push_back({kWholeUpdate, "zeros_by_input", Share(by_input, trained)});
  values.push_back({kWholeUpdate, "zeros_by_activation", Share(zeros - by_input, trained)});
}

}  // namespace fedround::nn
