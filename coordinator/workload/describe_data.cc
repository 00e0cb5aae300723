#include "coordinator/workload/describe_data.h"

#include <algorithm>
#include <span>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/named_enum.h"
#include "common/data/client_names.h"
#include "common/round/types.h"

namespace fedround::coordinator {
namespace {

// "784 features", "images of 28 x 28 pixels and 1 channel (layout nchw)".
std::string InputsText(const data::Dataset& dataset) {
  const auto layout = dataset.layout();
  if (!layout.has_value()) return absl::StrCat(dataset.inputs(), " features");
  const FeatureShape& shape = dataset.shape();
  return absl::StrCat("images of ", shape.height, " x ", shape.width, " pixels and ",
                      shape.channels, shape.channels == 1 ? " channel" : " channels", " (layout ",
                      NameOf(*layout), ")");
}

// "10 clients with 6000 examples each", "3 of 5 clients of the data with 12 to 80 examples".
std::string ShardsText(const Experiment& experiment, const data::Dataset& dataset,
                       const data::Deal& deal) {
  const std::uint32_t clients = experiment.federation.clients;
  std::size_t least = deal.rows.size();
  std::size_t most = 0;
  for (ClientId client = 0; client < clients; ++client) {
    least = std::min(least, deal.shard(client).size());
    most = std::max(most, deal.shard(client).size());
  }
  std::string who = absl::StrCat(clients, clients == 1 ? " client" : " clients");
  if (experiment.data.partition.name == data::kNaturalPartition) {
    const std::uint32_t natural = data::CountNaturalClients(dataset.natural_clients()).value_or(0);
    who = absl::StrCat(clients == natural ? "all " : absl::StrCat(clients, " of "), natural,
                       " clients of the data");
  }
  return absl::StrCat(who, " with ", least, least == most ? "" : absl::StrCat(" to ", most),
                      most == 1 ? " example" : " examples",
                      least == most && clients > 1 ? " each" : "");
}

// "; classes that no client has: 3, 7", or nothing.
std::string MissingClassesText(const data::Dataset& dataset, const data::Deal& deal) {
  constexpr std::size_t kMostNamed = 10;
  const std::span<const std::uint32_t> labels = dataset.labels(data::Split::kTrain);
  std::vector<bool> found(dataset.classes(), false);
  for (const std::uint32_t row : deal.rows) found[labels[row]] = true;
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i]) missing.push_back(i);
  }
  if (missing.empty()) return "";
  const std::size_t named = std::min(missing.size(), kMostNamed);
  return absl::StrCat(
      "; classes that no client has: ", absl::StrJoin(std::span(missing).first(named), ", "),
      named < missing.size() ? absl::StrCat(" and ", missing.size() - named, " more") : "");
}

}  // namespace

std::string DescribeData(const Experiment& experiment, const data::Dataset& dataset,
                         const data::Deal& deal) {
  return absl::StrCat(experiment.data.name.name, ": ", dataset.size(data::Split::kTrain),
                      " training and ", dataset.size(data::Split::kTest), " test examples, ",
                      InputsText(dataset), ", ", dataset.classes(), " classes; ",
                      ShardsText(experiment, dataset, deal), MissingClassesText(dataset, deal),
                      dataset.size(data::Split::kTest) > 0
                          ? ""
                          : "; no test examples: the model is not scored on any");
}

std::vector<absl::string_view> NamesOfClients(const Experiment& experiment,
                                              const data::Dataset& dataset) {
  if (experiment.data.partition.name != data::kNaturalPartition) return {};
  return data::UnpackNames(dataset.client_names());
}

}  // namespace fedround::coordinator
