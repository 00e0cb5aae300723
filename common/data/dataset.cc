#include "common/data/dataset.h"

#include <cmath>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/aligned_buffer.h"
#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/plug_in_table.h"
#include "common/base/rng.h"
#include "common/base/status_macros.h"
#include "common/data/cache.h"
#include "common/data/datasets/table.h"
#include "common/kernels/convert.h"

namespace fedround::data {
namespace {

std::string ToText(const OptionValue& value) {
  if (const double* number = std::get_if<double>(&value)) return absl::StrFormat("%.17g", *number);
  if (const std::string* text = std::get_if<std::string>(&value)) return *text;
  return std::get<bool>(value) ? "true" : "false";
}

// Names everything the decoded contents depend on.
absl::StatusOr<std::string> CacheKey(const PlugIn& options, std::uint64_t seed,
                                     const std::vector<std::string>& sources) {
  ASSIGN_OR_RETURN(std::string key, DescribeSources(sources));
  for (const auto& [name, value] : options.options) {
    absl::StrAppend(&key, name, " = ", ToText(value), "\n");
  }
  if (sources.empty()) absl::StrAppend(&key, "seed ", seed, "\n");
  return key;
}

// Inputs are exactly float32(x) / 255, as other programs compute them.
void DecodeRow(std::span<const std::uint8_t> row, float scale, std::span<float> out) {
  kernels::BytesToUnit(row, scale, out);
}

void DecodeRow(std::span<const float> row, float scale, std::span<float> out) {
  kernels::Scale(row, scale, out);
}

}  // namespace

struct Examples::Impl {
  ValueType type = ValueType::kUint8;
  std::size_t inputs = 0;
  float scale = 1;
  AlignedBuffer<std::byte> values;
  std::vector<std::uint32_t> labels;

  template <typename T>
  void Gather(std::span<const std::uint32_t> positions, float* out) const {
    const T* const rows = reinterpret_cast<const T*>(values.data());
    for (const std::uint32_t position : positions) {
      CHECK(position < labels.size());
      DecodeRow(std::span(rows + position * inputs, inputs), scale, {out, inputs});
      out += inputs;
    }
  }
};

Examples::Examples() : impl_(std::make_unique<Impl>()) {}
Examples::Examples(Examples&&) noexcept = default;
Examples& Examples::operator=(Examples&&) noexcept = default;
Examples::~Examples() = default;

std::size_t Examples::size() const { return impl_->labels.size(); }

void Examples::Gather(std::span<const std::uint32_t> positions, std::span<float> inputs,
                      std::span<std::uint32_t> labels) const {
  CHECK(inputs.size() == positions.size() * impl_->inputs);
  CHECK(labels.size() == positions.size());
  if (impl_->type == ValueType::kUint8) {
    impl_->Gather<std::uint8_t>(positions, inputs.data());
  } else {
    impl_->Gather<float>(positions, inputs.data());
  }
  for (std::size_t i = 0; i < positions.size(); ++i) labels[i] = impl_->labels[positions[i]];
}

struct Dataset::Impl {
  CachedDataset cache;
  float scale = 1;

  const CachedSplit& split(Split which) const {
    return which == Split::kTrain ? cache.train : cache.test;
  }
};

Dataset::Dataset(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Dataset::Dataset(Dataset&&) noexcept = default;
Dataset& Dataset::operator=(Dataset&&) noexcept = default;
Dataset::~Dataset() = default;

absl::StatusOr<Dataset> Dataset::Open(const PlugIn& name, double scale, std::uint64_t seed) {
  const auto narrow_scale = static_cast<float>(scale);
  if (!std::isfinite(narrow_scale) || !(narrow_scale > 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("data.scale = ", scale, ": must be > 0 and finite as float32"));
  }
  ASSIGN_OR_RETURN(const auto resolved,
                   ResolveEntry(kDatasetKey, "data set", name, DatasetTable()));
  const PlugIn& options = resolved.options;
  ASSIGN_OR_RETURN(const std::vector<std::string> sources, resolved.entry->sources(options));
  ASSIGN_OR_RETURN(const std::string key, CacheKey(options, seed, sources));
  ASSIGN_OR_RETURN(const std::string folder, CacheFolder());
  const std::uint64_t digest = Xxh3(std::as_bytes(std::span(key.data(), key.size())));
  const std::string path = absl::StrFormat("%s/%s-%016x.data", folder, options.name, digest);
  ASSIGN_OR_RETURN(CachedDataset cache, OpenOrBuildCache(path, options.name, [&] {
                     return resolved.entry->decode(options, sources, seed);
                   }));
  return Dataset(std::make_unique<Impl>(Impl{.cache = std::move(cache), .scale = narrow_scale}));
}

void Dataset::AddLabelNoise(double share, std::uint64_t seed) {
  CHECK(share >= 0 && share <= 1);
  if (share == 0) return;
  const auto classes = static_cast<std::uint32_t>(impl_->cache.classes);
  std::vector<std::uint32_t>& labels = impl_->cache.train.labels;
  for (std::uint32_t row = 0; row < labels.size(); ++row) {
    Rng rng(seed, RngPurpose::kLabelNoise, 0, row);
    if (rng.NextDouble() < share)
      labels[row] = (labels[row] + 1 + rng.Below(classes - 1)) % classes;
  }
}

const FeatureShape& Dataset::shape() const { return impl_->cache.shape; }
std::size_t Dataset::inputs() const { return shape().size(); }
std::size_t Dataset::classes() const { return impl_->cache.classes; }
std::size_t Dataset::size(Split split) const { return impl_->split(split).labels.size(); }
const std::string& Dataset::hash() const { return impl_->cache.hash; }
std::span<const std::uint32_t> Dataset::labels(Split split) const {
  return impl_->split(split).labels;
}
std::span<const std::uint32_t> Dataset::natural_clients() const {
  return impl_->cache.natural_clients;
}

absl::StatusOr<Examples> Dataset::Read(Split split, std::span<const std::uint32_t> rows) const {
  const CachedDataset& cache = impl_->cache;
  const CachedSplit& from = impl_->split(split);
  const std::size_t row_bytes = inputs() * ValueBytes(cache.type);
  Examples examples;
  Examples::Impl& out = *examples.impl_;
  out.type = cache.type;
  out.inputs = inputs();
  out.scale = impl_->scale;
  out.values = AlignedBuffer<std::byte>(rows.size() * row_bytes);
  out.labels.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size();) {
    std::size_t end = i;  // of the run of neighbours that one read fetches
    do {
      CHECK(rows[end] < from.labels.size());
      out.labels.push_back(from.labels[rows[end]]);
      ++end;
    } while (end < rows.size() && rows[end] == rows[end - 1] + 1);
    RETURN_IF_ERROR(ReadExactly(cache.fd, from.values_offset + rows[i] * row_bytes,
                                out.values.span().subspan(i * row_bytes, (end - i) * row_bytes),
                                cache.path));
    i = end;
  }
  return examples;
}

}  // namespace fedround::data
