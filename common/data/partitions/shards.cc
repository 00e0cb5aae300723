// Few labels per client: the rows are sorted by label and cut into clients * shards_per_client
// pieces; each client gets shards_per_client of them at random. Source: McMahan et al. 2017,
// arXiv:1602.05629, section 3 ("pathological non-IID").
//
// With data.examples_per_client, a uniform sample of as many rows as needed is sorted and cut. A
// client's examples are split over its pieces as evenly as possible, so sizes are exact even if
// they do not divide.
#include <algorithm>
#include <numeric>

#include "common/base/plug_in_table.h"
#include "common/base/status_macros.h"
#include "common/data/partitions/even_offsets.h"
#include "common/data/partitions/sort_by_label.h"
#include "common/data/partitions/table.h"

namespace fedround::data {
namespace {

// Keeps `count` uniformly drawn rows of the ascending `rows`, which stay ascending.
void Sample(std::vector<std::uint32_t>& rows, std::size_t count, Rng& rng) {
  if (count == rows.size()) return;
  Shuffle(rows, rng);
  rows.resize(count);
  std::sort(rows.begin(), rows.end());
}

absl::Status DealShards(const PartitionInput& input, std::vector<std::uint32_t> rows, Rng rng,
                        Deal& deal) {
  const auto pieces_per_client = input.options.Whole<std::uint32_t>("shards_per_client");
  ASSIGN_OR_RETURN(deal.offsets,
                   EvenOffsets(rows.size(), input.clients, input.examples_per_client));
  // More pieces than examples would be empty pieces.
  const std::uint64_t pieces = std::uint64_t{input.clients} * pieces_per_client;
  if (pieces > rows.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(kPartitionKey, ".shards_per_client = ", pieces_per_client, ": ", input.clients,
                     " clients need ", pieces, " pieces, there are ", rows.size(),
                     " examples to deal; lower it or federation.clients"));
  }
  Sample(rows, deal.offsets.back(), rng);
  SortByLabel(input.labels, input.classes, rows);

  // Slot s is piece s % pieces_per_client of client s / pieces_per_client; piece p of the sorted
  // rows goes to slot slot_of_piece[p].
  std::vector<std::uint32_t> slot_of_piece(pieces);
  std::iota(slot_of_piece.begin(), slot_of_piece.end(), 0U);
  Shuffle(slot_of_piece, rng);
  std::vector<std::uint64_t> slot_offsets(pieces + 1);
  for (std::uint64_t slot = 0; slot < pieces; ++slot) {
    const std::uint64_t client = slot / pieces_per_client;
    slot_offsets[slot + 1] =
        slot_offsets[slot] + EvenPart(deal.offsets[client + 1] - deal.offsets[client],
                                      pieces_per_client, slot % pieces_per_client);
  }
  deal.rows.resize(rows.size());
  auto from = rows.begin();
  for (const std::uint32_t slot : slot_of_piece) {
    const auto size = static_cast<std::ptrdiff_t>(slot_offsets[slot + 1] - slot_offsets[slot]);
    std::copy(from, from + size,
              deal.rows.begin() + static_cast<std::ptrdiff_t>(slot_offsets[slot]));
    from += size;
  }
  return absl::OkStatus();
}

}  // namespace

PartitionEntry ShardsEntry() {
  static const auto& options = *new std::vector<OptionSpec>{
      {.name = "shards_per_client",
       .default_value = 2.0,
       .help = "pieces of the label-sorted examples that a client gets",
       .min = 1,
       .max = 1000,
       .whole = true}};
  return {{"shards", "few labels per client: pieces of the label-sorted examples",
           "McMahan et al. 2017, arXiv:1602.05629", options},
          DealShards};
}

}  // namespace fedround::data
