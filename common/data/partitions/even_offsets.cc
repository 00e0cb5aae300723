#include "common/data/partitions/even_offsets.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace fedround::data {

absl::StatusOr<std::vector<std::uint64_t>> EvenOffsets(std::uint64_t available,
                                                       std::uint32_t clients,
                                                       std::uint32_t examples_per_client) {
  if (clients > available) {
    return absl::InvalidArgumentError(
        absl::StrCat("federation.clients = ", clients, ": client ", available,
                     " would have no examples, there are ", available,
                     " to deal; lower federation.clients to at most ", available));
  }
  const std::uint64_t wanted = std::uint64_t{clients} * examples_per_client;
  if (wanted > available) {
    return absl::InvalidArgumentError(absl::StrCat(
        "data.examples_per_client = ", examples_per_client, ": ", clients, " clients need ", wanted,
        " examples, there are ", available,
        " to deal; set it to 0, so that all are dealt, or to at most ", available / clients,
        " or federation.clients to at most ", available / examples_per_client));
  }
  const std::uint64_t total = examples_per_client == 0 ? available : wanted;
  std::vector<std::uint64_t> offsets(std::uint64_t{clients} + 1);
  for (std::uint64_t client = 0; client < clients; ++client) {
    offsets[client + 1] = offsets[client] + EvenPart(total, clients, client);
  }
  return offsets;
}

}  // namespace fedround::data
