// Every client's shard is a uniform sample: all rows are shuffled, client k gets the k-th stretch.
#include "common/base/status_macros.h"
#include "common/data/partitions/even_offsets.h"
#include "common/data/partitions/table.h"

namespace fedround::data {
namespace {

absl::Status DealIid(const PartitionInput& input, std::vector<std::uint32_t> rows, Rng rng,
                     Deal& deal) {
  ASSIGN_OR_RETURN(deal.offsets,
                   EvenOffsets(rows.size(), input.clients, input.examples_per_client));
  Shuffle(rows, rng);
  rows.resize(deal.offsets.back());
  deal.rows = std::move(rows);
  return absl::OkStatus();
}

}  // namespace

PartitionEntry IidEntry() {
  return {{"iid", "each shard a uniform sample of all examples", "", {}}, DealIid};
}

}  // namespace fedround::data
