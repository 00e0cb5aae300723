// The partitions there are. A line `FEDROUND_PARTITION(Name)` in table.inc stands for a function
// `PartitionEntry NameEntry()` in a file of this folder.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/base/plug_in.h"
#include "common/base/rng.h"
#include "common/data/dataset.h"

namespace fedround::data {

// Where an experiment names its partition; stands before errors about options.
inline constexpr absl::string_view kPartitionKey = "data.partition";

// What a partition may look at.
struct PartitionInput {
  const PlugIn& options;
  std::span<const std::uint32_t> labels;           // [training examples]
  std::span<const std::uint32_t> natural_clients;  // [training examples] or empty
  absl::string_view client_names;                  // packed
  std::size_t classes = 0;
  std::uint32_t clients = 0;              // > 0
  std::uint32_t examples_per_client = 0;  // 0: deal all
};

struct PartitionEntry {
  PlugInInfo info;
  // Fills `deal.rows` and `deal.offsets` from `rows`, which are the rows that may be dealt,
  // ascending; each at most once. `rng` is the run's kPartition stream.
  absl::Status (*deal)(const PartitionInput& input, std::vector<std::uint32_t> rows, Rng rng,
                       Deal& deal);
};

#define FEDROUND_PARTITION(name) PartitionEntry name##Entry();
#include "common/data/partitions/table.inc"
#undef FEDROUND_PARTITION

std::span<const PartitionEntry> PartitionTable();

}  // namespace fedround::data
