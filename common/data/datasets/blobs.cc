// Gaussian clouds, one per class: generated, so nothing has to be installed and any size is
// possible.
//
// Class centres are N(0, I); an example is its class's centre plus spread * N(0, I); example i is
// of class i mod classes. Drawn from Rng(seed, kSyntheticData, part), part 0 for the centres, 1 for
// the training and 2 for the test examples, row by row.
#include <algorithm>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/plug_in_table.h"
#include "common/base/rng.h"
#include "common/base/status_macros.h"
#include "common/data/datasets/table.h"
#include "common/data/limits.h"

namespace fedround::data {
namespace {

struct Blobs {
  std::size_t classes = 0;
  std::size_t features = 0;
  double spread = 0;
  std::vector<double> centres;  // [classes, features]

  DecodedSplit Draw(std::size_t examples, Rng rng) const {
    DecodedSplit split;
    split.labels.resize(examples);
    split.values = AlignedBuffer<std::byte>(examples * features * sizeof(float));
    std::byte* out = split.values.data();
    for (std::size_t i = 0; i < examples; ++i) {
      const std::size_t label = i % classes;
      split.labels[i] = static_cast<std::uint32_t>(label);
      for (std::size_t j = 0; j < features; ++j, out += sizeof(float)) {
        const auto value =
            static_cast<float>(centres[label * features + j] + spread * rng.NextNormal());
        std::memcpy(out, &value, sizeof(value));
      }
    }
    return split;
  }
};

absl::StatusOr<Decoded> Decode(const DecodeRequest& request) {
  const PlugIn& options = request.options;
  Blobs blobs;
  blobs.classes = options.Whole<std::size_t>("classes");
  blobs.features = options.Whole<std::size_t>("features");
  const auto train = options.Whole<std::size_t>("train");
  const auto test = options.Whole<std::size_t>("test");
  blobs.spread = options.Number("spread");
  const std::size_t rows = std::max({train, test, blobs.classes});
  if (rows > kMaxBytes / (blobs.features * sizeof(double))) {
    return absl::InvalidArgumentError(absl::StrCat(
        kDatasetKey, ".features = ", blobs.features, ": ", rows, " rows of so many need more than ",
        kMaxBytes, " bytes; lower features, classes, train or test"));
  }
  Rng centre_rng(request.seed, RngPurpose::kSyntheticData, 0);
  blobs.centres.resize(blobs.classes * blobs.features);
  for (double& x : blobs.centres) x = centre_rng.NextNormal();
  Decoded decoded;
  decoded.type = ValueType::kFloat32;
  decoded.shape = {1, 1, blobs.features};
  decoded.classes = blobs.classes;
  decoded.train = blobs.Draw(train, Rng(request.seed, RngPurpose::kSyntheticData, 1));
  decoded.test = blobs.Draw(test, Rng(request.seed, RngPurpose::kSyntheticData, 2));
  return decoded;
}

OptionSpec Count(absl::string_view name, double default_value, absl::string_view help, double min,
                 std::uint64_t max) {
  return {.name = name,
          .default_value = default_value,
          .help = help,
          .min = min,
          .max = static_cast<double>(max),
          .whole = true};
}

}  // namespace

DatasetEntry BlobsEntry() {
  static const auto& options = *new std::vector<OptionSpec>{
      Count("classes", 10, "number of classes", 2, kMaxClasses),
      Count("features", 20, "inputs of an example", 1, 1 << 20),
      Count("train", 6000, "training examples", 1, kMaxExamples),
      Count("test", 1000, "test examples", 1, kMaxExamples),
      {.name = "spread",
       .default_value = 1.0,
       .help = "standard deviation around a class's centre; the centres themselves have 1",
       .min = 0,
       .max = 1e6}};
  return {{"blobs", "generated: one Gaussian cloud per class, from the seed", "", options},
          [](const PlugIn&) -> absl::StatusOr<std::vector<std::string>> {
            return std::vector<std::string>();
          },
          Decode};
}

}  // namespace fedround::data
