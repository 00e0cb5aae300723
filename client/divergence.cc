#include "client/divergence.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/aligned_buffer.h"
#include "common/config/specs.h"
#include "common/fold/grid.h"

namespace fedround::client {
namespace {

constexpr std::size_t kBlock = 256;
// An update up to this norm may be intended: then a larger fold.max_abs would do.
constexpr double kMayBeMeant = 1e6;

// The smallest and the largest input of the shard, after data.scale.
std::pair<float, float> RangeOf(const data::Examples& shard, std::size_t inputs) {
  FloatBuffer block(kBlock * inputs);
  std::vector<std::uint32_t> positions(kBlock);
  std::vector<std::uint32_t> labels(kBlock);
  std::pair<float, float> range{INFINITY, -INFINITY};
  for (std::size_t first = 0; first < shard.size(); first += kBlock) {
    const std::size_t count = std::min(kBlock, shard.size() - first);
    std::iota(positions.begin(), positions.end(), static_cast<std::uint32_t>(first));
    const std::span<float> values = block.span().first(count * inputs);
    shard.Gather(std::span(positions).first(count), values, std::span(labels).first(count));
    for (const float value : values) {
      range = {std::min(range.first, value), std::max(range.second, value)};
    }
  }
  return range;
}

double NormOf(std::span<const float> update) {
  double squares = 0;
  for (const float entry : update) squares += double{entry} * double{entry};
  return std::sqrt(squares);
}

std::string MetricsText(const Metrics& metrics) {
  return absl::StrJoin(metrics, ", ", [](std::string* out, const auto& metric) {
    absl::StrAppend(out, metric.first == "train_loss" ? "loss" : metric.first, " ", metric.second);
  });
}

}  // namespace

absl::Status CheckConverging(const Experiment& experiment, const data::Examples& shard,
                             std::size_t inputs, const Metrics& metrics,
                             std::span<const float> update) {
  const bool finite =
      std::ranges::all_of(metrics, [](const auto& metric) { return std::isfinite(metric.second); });
  const bool fits = fold::CheckOnGrid(update, GridOf(experiment)).ok();
  if (finite && fits) return absl::OkStatus();
  const double norm = NormOf(update);
  const auto [least, largest] = RangeOf(shard, inputs);
  return absl::OutOfRangeError(absl::StrCat(
      "its training diverged (", update.empty() ? "" : absl::StrCat("update of norm ", norm, ", "),
      MetricsText(metrics), "): lower training.learning_rate (now ",
      experiment.training.learning_rate, ") or scale the inputs (data.scale is ",
      experiment.data.scale, "; this client's go from ", least, " to ", largest, ")",
      norm < kMayBeMeant && finite
          ? absl::StrCat("; if such a large update is intended, raise fold.max_abs (now ",
                         experiment.fold.max_abs, ") and lower fold.scale_bits")
          : ""));
}

}  // namespace fedround::client
