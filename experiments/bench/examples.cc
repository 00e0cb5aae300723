#include "experiments/bench/examples.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/data/dataset.h"
#include "experiments/bench/models.h"

namespace fedround::bench {
namespace {

constexpr std::size_t kBytes = std::size_t{12} * 1024 * 1024;
constexpr std::uint64_t kSeed = 1;

struct Source {
  PlugIn name;
  double scale = 1;
};

std::size_t Wanted(std::size_t inputs) {
  return std::max(kBytes / (inputs * sizeof(float)), kMaxBatch);
}

Source SourceOf(absl::string_view data, std::size_t inputs) {
  if (data != "synthetic") return {.name = {std::string(data), {}}};
  // Centres are sqrt(2 inputs) apart. At four standard deviations no network separates them all, so
  // losses, and with them gradients, stay as large as in training.
  const auto count = static_cast<double>(inputs);
  const double spread = std::sqrt(2 * count) / 4;
  return {.name = {"blobs",
                   {{"features", count},
                    {"train", static_cast<double>(Wanted(inputs))},
                    {"test", 1.0},
                    {"spread", spread}}},
          .scale = 1 / std::sqrt(1 + spread * spread)};
}

}  // namespace

absl::StatusOr<Examples> Examples::Open(absl::string_view data, std::size_t inputs) {
  const Source source = SourceOf(data, inputs);
  ASSIGN_OR_RETURN(const data::Dataset dataset,
                   data::Dataset::Open(source.name, source.scale, kSeed));
  if (!dataset.warning().empty()) LogInfo(dataset.warning());
  if (dataset.inputs() != inputs) {
    return absl::InvalidArgumentError(absl::StrCat("--data = ", data, ": has ", dataset.inputs(),
                                                   " inputs, the model takes ", inputs,
                                                   "; use --data synthetic"));
  }
  const std::size_t size = std::min(Wanted(inputs), dataset.size(data::Split::kTrain));
  if (size < kMaxBatch) {
    return absl::InvalidArgumentError(
        absl::StrCat("--data = ", data, ": has ", size, " training examples, needs ", kMaxBatch));
  }
  std::vector<std::uint32_t> rows(size);
  std::iota(rows.begin(), rows.end(), 0U);
  ASSIGN_OR_RETURN(const data::Examples read, dataset.Read(data::Split::kTrain, rows));
  Examples examples;
  examples.inputs_ = inputs;
  examples.values_ = FloatBuffer(size * inputs);
  examples.labels_.resize(size);
  read.Gather(rows, examples.values_.span(), examples.labels_);
  const auto zeros = std::ranges::count(examples.values_.span(), 0.0F);
  examples.density_ = 1 - static_cast<double>(zeros) / static_cast<double>(size * inputs);
  return examples;
}

Batch Examples::At(std::size_t first, std::size_t batch) const {
  return {values_.span().subspan(first * inputs_, batch * inputs_),
          std::span(labels_).subspan(first, batch)};
}

}  // namespace fedround::bench
