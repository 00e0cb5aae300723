// DealExamples: the validation split first, then the partition deals what is left.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/rng.h"
#include "common/base/status_macros.h"
#include "common/data/dataset.h"
#include "common/data/partitions/table.h"
#include "common/data/plug_in_table.h"

namespace fedround::data {
namespace {

// Moves floor(share * n) of the ascending `rows`, drawn uniformly, to the result; both end
// ascending.
std::vector<std::uint32_t> TakeValidation(double share, std::uint64_t seed,
                                          std::vector<std::uint32_t>& rows) {
  const auto count =
      static_cast<std::ptrdiff_t>(std::floor(share * static_cast<double>(rows.size())));
  if (count == 0) return {};
  Rng rng(seed, RngPurpose::kValidationSplit);
  Shuffle(rows, rng);
  std::vector<std::uint32_t> validation(rows.begin(), rows.begin() + count);
  rows.erase(rows.begin(), rows.begin() + count);
  std::sort(validation.begin(), validation.end());
  std::sort(rows.begin(), rows.end());
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
                             .classes = dataset.classes(),
                             .clients = spec.clients,
                             .examples_per_client = spec.examples_per_client};
  RETURN_IF_ERROR(
      resolved.entry->deal(input, std::move(rows), Rng(spec.seed, RngPurpose::kPartition), deal));
  return deal;
}

}  // namespace fedround::data
