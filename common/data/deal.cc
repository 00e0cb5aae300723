// DealExamples: first the validation split is taken, then the partition deals the rest.
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/plug_in_table.h"
#include "common/base/rng.h"
#include "common/base/status_macros.h"
#include "common/data/dataset.h"
#include "common/data/partitions/table.h"

namespace fedround::data {
namespace {

// Removes floor(share * n) uniformly drawn rows from the ascending `rows` and returns them; both
// are ascending in the end.
std::vector<std::uint32_t> TakeValidation(double share, std::uint64_t seed,
                                          std::vector<std::uint32_t>& rows) {
  const auto count = static_cast<std::size_t>(share * static_cast<double>(rows.size()));
  if (count == 0) return {};
  std::vector<std::uint32_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0U);
  Rng rng(seed, RngPurpose::kValidationSplit);
  Shuffle(order, rng);
  std::vector<std::uint8_t> held_back(rows.size());
  for (const std::uint32_t i : std::span(order).first(count)) held_back[i] = 1;
  std::vector<std::uint32_t> validation;
  validation.reserve(count);
  std::vector<std::uint32_t> left;
  left.reserve(rows.size() - count);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    (held_back[i] != 0 ? validation : left).push_back(rows[i]);
  }
  rows = std::move(left);
  return validation;
}

}  // namespace

absl::StatusOr<Deal> DealExamples(const Dataset& dataset, const DealSpec& spec) {
  if (spec.clients == 0) {
    return absl::InvalidArgumentError("federation.clients = 0: must be at least 1");
  }
  if (!(spec.validation >= 0 && spec.validation < 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("data.validation = ", spec.validation, ": must be in [0, 1)"));
  }
  ASSIGN_OR_RETURN(const auto resolved,
                   ResolveEntry(kPartitionKey, "partition", spec.partition, PartitionTable()));
  Deal deal;
  std::vector<std::uint32_t> rows(dataset.size(Split::kTrain));
  std::iota(rows.begin(), rows.end(), 0U);
  deal.validation = TakeValidation(spec.validation, spec.seed, rows);
  const PartitionInput input{.options = resolved.options,
                             .labels = dataset.labels(Split::kTrain),
                             .natural_clients = dataset.natural_clients(),
                             .client_names = dataset.client_names(),
                             .classes = dataset.classes(),
                             .clients = spec.clients,
                             .examples_per_client = spec.examples_per_client};
  RETURN_IF_ERROR(
      resolved.entry->deal(input, std::move(rows), Rng(spec.seed, RngPurpose::kPartition), deal));
  CHECK(deal.offsets.size() == std::size_t{spec.clients} + 1 && deal.offsets.front() == 0 &&
        deal.offsets.back() == deal.rows.size());
  RETURN_IF_ERROR(CheckNoneIsEmpty(resolved.entry->info.name, deal));
  return deal;
}

}  // namespace fedround::data
