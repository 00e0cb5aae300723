// Some clients have many examples, some few: the share of each is drawn from a Dirichlet
// distribution over the clients, labels are mixed. Each client has at least one example.
// Source: Li et al. 2022, arXiv:2102.02079, section 4.3 ("quantity skew").
#include <algorithm>
#include <cmath>
#include <vector>

#include "common/base/status_macros.h"
#include "common/data/partitions/even_offsets.h"
#include "common/data/partitions/table.h"

namespace fedround::data {
namespace {

const OptionSpec kOptions[] = {{.name = "beta",
                                .default_value = 0.5,
                                .help = "how even the sizes are: below 0.1 a few clients have "
                                        "almost all examples, above 100 all have the same",
                                .min = 1e-3,
                                .max = 1e6}};

// [clients], up to a common factor; the largest is 1.
std::vector<double> DrawShares(std::size_t clients, double beta, Rng& rng) {
  std::vector<double> shares(clients);
  for (double& share : shares) share = rng.NextLogGamma(beta);
  const double largest = *std::max_element(shares.begin(), shares.end());
  for (double& share : shares) share = std::exp(share - largest);
  return shares;
}

absl::Status DealQuantitySkew(const PartitionInput& input, std::vector<std::uint32_t> rows, Rng rng,
                              Deal& deal) {
  // The offsets of even shards, for the end of the last one and for the errors.
  ASSIGN_OR_RETURN(deal.offsets,
                   EvenOffsets(rows.size(), input.clients, input.examples_per_client));
  const std::uint64_t total = deal.offsets.back();
  Shuffle(rows, rng);
  rows.resize(total);
  deal.rows = std::move(rows);
  const std::vector<double> shares = DrawShares(input.clients, input.options.Number("beta"), rng);
  double sum = 0;
  for (const double share : shares) sum += share;
  const auto to_share = static_cast<double>(total - input.clients);
  double before = 0;
  for (std::size_t client = 0; client + 1 < input.clients; ++client) {
    before += shares[client];
    const double end = std::min(before / sum, 1.0) * to_share;
    deal.offsets[client + 1] = client + 1 + static_cast<std::uint64_t>(end);
  }
  return absl::OkStatus();
}

}  // namespace

PartitionEntry QuantitySkewEntry() {
  return {.info = {"quantity_skew", "shard sizes drawn from a Dirichlet distribution, labels mixed",
                   "Li et al. 2022, arXiv:2102.02079", kOptions},
          .deal = DealQuantitySkew,
          .sizes = ShardSizes::kUneven};
}

}  // namespace fedround::data
