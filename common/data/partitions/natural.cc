// Each client gets the examples of one natural client: client k those of natural client k, in row
// order.
//
// Examples of natural clients beyond federation.clients are not dealt; with
// data.examples_per_client, neither are those of a client beyond that number.
#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/data/client_names.h"
#include "common/data/partitions/table.h"

namespace fedround::data {
namespace {

absl::Status TooFew(const PartitionInput& input, std::size_t client, std::uint64_t has,
                    std::uint64_t needs) {
  return absl::InvalidArgumentError(
      absl::StrCat(kPartitionKey, " = natural: ", ClientText(client, input.client_names), " has ",
                   has, " examples to deal, needs ", needs,
                   "; lower data.examples_per_client (0: all are dealt) or data.validation"));
}

absl::Status DealNatural(const PartitionInput& input, std::vector<std::uint32_t> rows, Rng /*rng*/,
                         Deal& deal) {
  ASSIGN_OR_RETURN(const std::uint32_t natural, CountNaturalClients(input.natural_clients));
  if (input.clients > natural) {
    return absl::InvalidArgumentError(absl::StrCat(
        "federation.clients = ", input.clients, ": the data has ", natural,
        " clients; lower it to at most ", natural, ", or set it to 0: as many as the data has"));
  }
  std::vector<std::uint64_t> counts(input.clients);
  for (const std::uint32_t row : rows) {
    const std::uint32_t client = input.natural_clients[row];
    if (client < input.clients) ++counts[client];
  }
  const std::uint64_t needs = std::max<std::uint64_t>(input.examples_per_client, 1);
  deal.offsets.resize(std::size_t{input.clients} + 1);
  for (std::size_t client = 0; client < input.clients; ++client) {
    if (counts[client] < needs) return TooFew(input, client, counts[client], needs);
    if (input.examples_per_client > 0) counts[client] = input.examples_per_client;
    deal.offsets[client + 1] = deal.offsets[client] + counts[client];
  }
  std::vector<std::uint64_t> next(deal.offsets.begin(), deal.offsets.end() - 1);
  deal.rows.resize(deal.offsets.back());
  for (const std::uint32_t row : rows) {
    const std::uint32_t client = input.natural_clients[row];
    if (client >= input.clients || next[client] == deal.offsets[client + 1]) continue;
    deal.rows[next[client]++] = row;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::uint32_t> CountNaturalClients(std::span<const std::uint32_t> natural_clients) {
  if (!natural_clients.empty()) return *std::ranges::max_element(natural_clients) + 1;
  return absl::InvalidArgumentError(
      absl::StrCat(kPartitionKey,
                   " = natural: the data set does not say whose examples are whose; use another "
                   "partition, or an npz with client_id"));
}

PartitionEntry NaturalEntry() {
  return {.info = {kNaturalPartition, "the data set's own clients (npz client_id)", "", {}},
          .deal = DealNatural,
          .sizes = ShardSizes::kOwn,
          .is_random = false,
          .needs_natural_clients = true};
}

}  // namespace fedround::data
