#include "experiments/cli/text/health_text.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/measure/quantile.h"
#include "experiments/cli/text/text.h"

namespace fedround::cli {
namespace {

using ledger::HealthRow;

// The rows of one round, on the test set or on the shards.
using Rows = std::vector<HealthRow>;

// In the network's order.
std::vector<std::string> Layers(const analysis::HealthEnds& ends) {
  std::vector<std::string> layers;
  for (const Rows* rows : {&ends.last_test, &ends.last_shards}) {
    for (const HealthRow& row : *rows) {
      if (row.quantity == "dead" && std::ranges::find(layers, row.layer) == layers.end()) {
        layers.push_back(row.layer);
      }
    }
  }
  return layers;
}

std::vector<double> Values(const Rows& rows, absl::string_view layer, absl::string_view quantity) {
  std::vector<double> values;
  for (const HealthRow& row : rows) {
    if (row.layer == layer && row.quantity == quantity && std::isfinite(row.value)) {
      values.push_back(row.value);
    }
  }
  return values;
}

std::string RoundText(const Rows& rows) {
  return rows.empty() ? "-" : absl::StrCat(rows.front().round);
}

std::string TestText(const std::vector<double>& values) {
  return values.empty() ? "-" : PercentText(values.front());
}

// "0.5 % [0.0, 1.0]".
std::string ShardsText(const std::vector<double>& values) {
  if (values.empty()) return "-";
  return absl::StrFormat("%s [%.1f, %.1f]", PercentText(Median(values)), 100 * Quantile(values, 0),
                         100 * Quantile(values, 1));
}

std::string Row(absl::string_view name, const std::vector<std::string>& cells) {
  return absl::StrFormat("%-14.14s %8s %8s  %8s %8s  %22s %22s", name, cells[0], cells[1], cells[2],
                         cells[3], cells[4], cells[5]);
}

}  // namespace

std::vector<std::string> HealthLines(const analysis::HealthEnds& ends) {
  if (ends.last_test.empty() && ends.last_shards.empty()) return {};
  std::vector<std::string> lines = {
      "", absl::StrFormat("%-14s %17s  %17s  %45s", "activations", "zeros on test", "dead on test",
                          "dead on shards: median [least, most]")};
  const std::string first = RoundText(ends.first_test);
  const std::string last = RoundText(ends.last_test);
  lines.push_back(Row("  after round", {first, last, first, last, RoundText(ends.first_shards),
                                        RoundText(ends.last_shards)}));
  const std::vector<std::string> layers = Layers(ends);
  for (std::size_t i = 0; i < std::min(layers.size(), kMostHealthLayers); ++i) {
    const auto on_test = [&](const Rows& rows, absl::string_view quantity) {
      return TestText(Values(rows, layers[i], quantity));
    };
    const auto on_shards = [&](const Rows& rows) {
      return ShardsText(Values(rows, layers[i], "dead"));
    };
    lines.push_back(Row(absl::StrCat("  ", layers[i]),
                        {on_test(ends.first_test, "zeros"), on_test(ends.last_test, "zeros"),
                         on_test(ends.first_test, "dead"), on_test(ends.last_test, "dead"),
                         on_shards(ends.first_shards), on_shards(ends.last_shards)}));
  }
  if (layers.size() > kMostHealthLayers) {
    lines.push_back(
        absl::StrCat("  and ", layers.size() - kMostHealthLayers, " more in health.csv"));
  }
  return lines;
}

}  // namespace fedround::cli
