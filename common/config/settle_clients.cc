#include "common/config/settle_clients.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/config/checks/across_fields.h"
#include "common/config/problems.h"
#include "common/config/specs.h"
#include "common/data/client_names.h"

namespace fedround {
namespace {

// How many of the clients that are left out are named.
constexpr std::uint32_t kMostNamed = 3;

absl::Status LeftOut(const data::Dataset& dataset, std::uint32_t clients, std::uint32_t natural) {
  const auto owners = dataset.natural_clients();
  const auto examples =
      std::ranges::count_if(owners, [clients](std::uint32_t owner) { return owner >= clients; });
  std::string named;
  const std::uint32_t most = std::min(natural, clients + kMostNamed);
  for (std::uint32_t client = clients; client < most; ++client) {
    absl::StrAppend(&named, client > clients ? ", " : "",
                    data::ClientText(client, dataset.client_names()));
  }
  if (most < natural) absl::StrAppend(&named, " and ", natural - most, " more");
  return absl::InvalidArgumentError(absl::StrCat(
      "federation.clients = ", clients, ": the data has ", natural, " clients; ", named, ", with ",
      examples,
      " examples, would be left out; set federation.clients = 0 to include them all, or "
      "data.clients = \"first\" to leave them out"));
}

}  // namespace

absl::Status SettleClients(const data::Dataset& dataset, Experiment& experiment) {
  if (experiment.data.partition.name != data::kNaturalPartition) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::uint32_t natural,
                   data::CountNaturalClients(dataset.natural_clients()));
  std::uint32_t& clients = experiment.federation.clients;
  if (clients == 0) clients = natural;
  if (clients < natural && experiment.data.clients != NaturalClients::kFirst) {
    return LeftOut(dataset, clients, natural);
  }
  config::Problems problems;
  config::CheckAcrossFields(experiment, problems);
  return problems.ToStatus();
}

absl::Status SettleClients(Experiment& experiment) {
  if (experiment.federation.clients > 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(const data::Dataset dataset, OpenDataset(experiment));
  return SettleClients(dataset, experiment);
}

}  // namespace fedround
