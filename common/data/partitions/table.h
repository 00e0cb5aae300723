// All partitions. To add one, write a file in this folder with a function
// `PartitionEntry NameEntry()`, and the line `FEDROUND_PARTITION(Name)` in table.inc. The shortest
// example is iid.cc.
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

// The key by which an experiment names its partition; stands before errors about options.
inline constexpr absl::string_view kPartitionKey = "data.partition";

// What a partition may use.
struct PartitionInput {
  const PlugIn& options;
  std::span<const std::uint32_t> labels;           // [training examples]
  std::span<const std::uint32_t> natural_clients;  // [training examples] or empty
  absl::string_view client_names;                  // packed
  std::size_t classes = 0;
  std::uint32_t clients = 0;              // > 0
  std::uint32_t examples_per_client = 0;  // 0: deal all
};

// How many examples a client gets.
enum class ShardSizes {
  kEven,    // all the same, the first clients one more; examples_per_client is exact
  kOwn,     // as many as belong to it; examples_per_client is exact
  kUneven,  // as the partition decides; examples_per_client is the mean
};

// A partition, and what the contract tests (tests/common/data/deal_test.cc) check it for.
struct PartitionEntry {
  PlugInInfo info;
  // Fills `deal.rows` and `deal.offsets` from `rows`, the rows that may be dealt, ascending: each
  // at most once, and all of them if input.examples_per_client is 0 (except those of natural
  // clients beyond input.clients). `rng` is the run's kPartition stream. A shard that is left empty
  // is an error, which DealExamples reports.
  absl::Status (*deal)(const PartitionInput& input, std::vector<std::uint32_t> rows, Rng rng,
                       Deal& deal);
  ShardSizes sizes = ShardSizes::kEven;
  bool is_random = true;               // another seed gives another deal
  bool needs_natural_clients = false;  // refuses data without input.natural_clients
};

#define FEDROUND_PARTITION(name) PartitionEntry name##Entry();
#include "common/data/partitions/table.inc"
#undef FEDROUND_PARTITION

std::span<const PartitionEntry> PartitionTable();

// INVALID_ARGUMENT if the partition of that name left a client without examples.
absl::Status CheckNoneIsEmpty(absl::string_view partition, const Deal& deal);

}  // namespace fedround::data
