#include "experiments/cli/health_text.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/analysis/statistics.h"
#include "experiments/cli/text.h"

namespace fedround::cli {
namespace {

using analysis::Run;
using ledger::HealthRow;

// The coordinator looks at the test set, each client at its shard; not always in the same rounds.
enum class On { kTest, kShards };

bool IsOn(const HealthRow& row, On where) {
  return row.client.has_value() == (where == On::kShards);
}

struct Rounds {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

// 0 and 0 if there are no rows.
Rounds RoundsOf(const Run& run, On where) {
  Rounds rounds;
  bool any = false;
  for (const HealthRow& row : run.ledger.health) {
    if (!IsOn(row, where)) continue;
    if (!any) rounds.first = row.round;
    any = true;
    rounds.last = row.round;
  }
  return rounds;
}

// In the network's order.
std::vector<std::string> Layers(const Run& run) {
  std::vector<std::string> layers;
  for (const HealthRow& row :
       analysis::OfRound(run.ledger.health, run.ledger.health.back().round)) {
    if (row.quantity == "dead" && std::ranges::find(layers, row.layer) == layers.end()) {
      layers.push_back(row.layer);
    }
  }
  return layers;
}

std::vector<double> Values(const Run& run, std::uint32_t round, On where, absl::string_view layer,
                           absl::string_view quantity) {
  std::vector<double> values;
  for (const HealthRow& row : analysis::OfRound(run.ledger.health, round)) {
    if (IsOn(row, where) && row.layer == layer && row.quantity == quantity &&
        std::isfinite(row.value)) {
      values.push_back(row.value);
    }
  }
  return values;
}

std::string TestText(const std::vector<double>& values) {
  return values.empty() ? "-" : PercentText(values.front());
}

// "0.5 % [0.0, 1.0]".
std::string ShardsText(const std::vector<double>& values) {
  if (values.empty()) return "-";
  return absl::StrFormat("%s [%.1f, %.1f]", PercentText(analysis::Median(values)),
                         100 * analysis::Quantile(values, 0), 100 * analysis::Quantile(values, 1));
}

std::string Row(absl::string_view name, const std::vector<std::string>& cells) {
  return absl::StrFormat("%-14.14s %8s %8s  %8s %8s  %22s %22s", name, cells[0], cells[1], cells[2],
                         cells[3], cells[4], cells[5]);
}

}  // namespace

std::vector<std::string> HealthLines(const Run& run) {
  if (run.ledger.health.empty()) return {};
  const Rounds test = RoundsOf(run, On::kTest);
  const Rounds shards = RoundsOf(run, On::kShards);
  std::vector<std::string> lines = {
      "", absl::StrFormat("%-14s %17s  %17s  %45s", "activations", "zeros on test", "dead on test",
                          "dead on shards: median [least, most]")};
  lines.push_back(Row("  after round", {absl::StrCat(test.first), absl::StrCat(test.last),
                                        absl::StrCat(test.first), absl::StrCat(test.last),
                                        absl::StrCat(shards.first), absl::StrCat(shards.last)}));
  const std::vector<std::string> layers = Layers(run);
  for (std::size_t i = 0; i < std::min(layers.size(), kMostHealthLayers); ++i) {
    const auto on_test = [&](std::uint32_t round, absl::string_view quantity) {
      return TestText(Values(run, round, On::kTest, layers[i], quantity));
    };
    const auto on_shards = [&](std::uint32_t round) {
      return ShardsText(Values(run, round, On::kShards, layers[i], "dead"));
    };
    lines.push_back(
        Row(absl::StrCat("  ", layers[i]),
            {on_test(test.first, "zeros"), on_test(test.last, "zeros"), on_test(test.first, "dead"),
             on_test(test.last, "dead"), on_shards(shards.first), on_shards(shards.last)}));
  }
  if (layers.size() > kMostHealthLayers) {
    lines.push_back(
        absl::StrCat("  and ", layers.size() - kMostHealthLayers, " more in health.csv"));
  }
  return lines;
}

}  // namespace fedround::cli
