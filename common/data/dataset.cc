#include "common/data/dataset.h"

#include <unistd.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/aligned_buffer.h"
#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/log.h"
#include "common/base/named_enum.h"
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

constexpr char kPathOption[] = "path";

// The name in the cache: made from everything that the decoded contents depend on, except the bytes
// of the sources.
std::string CacheFile(const DecodeRequest& request) {
  std::string key = absl::StrCat("format ", kCacheFormat, "\n");
  for (const std::string& path : request.sources) absl::StrAppend(&key, path, "\n");
  for (const auto& [name, value] : request.options.options) {
    absl::StrAppend(&key, name, " = ", ToText(value), "\n");
  }
  if (request.sources.empty()) {
    absl::StrAppend(&key, "seed ", request.seed, "\n");
  } else {
    absl::StrAppend(&key, "layout ", NameOf(request.layout), "\n");
  }
  return absl::StrFormat("%s-%016x.data", request.options.name,
                         Xxh3(std::as_bytes(std::span(key.data(), key.size()))));
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
  std::size_t stride = 0;  // bytes from one row of values to the next
  float scale = 1;
  AlignedBuffer<std::byte> values;
  std::vector<std::uint32_t> labels;

  template <typename T>
  void Gather(std::span<const std::uint32_t> positions, float* out) const {
    for (const std::uint32_t position : positions) {
      CHECK(position < labels.size());
      const T* const row = reinterpret_cast<const T*>(values.data() + position * stride);
      DecodeRow(std::span(row, inputs), scale, {out, inputs});
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
  CacheRequest request;  // how the cache was opened
  float scale = 1;

  const CachedSplit& split(Split which) const { return SplitOf(cache, which); }
  static const CachedSplit& SplitOf(const CachedDataset& of, Split which) {
    return which == Split::kTrain ? of.train : of.test;
  }

  absl::Status Read(Split which, std::span<const std::uint32_t> rows,
                    std::span<std::byte> out) const {
    const absl::Status status = cache.Read(split(which), rows, out);
    return absl::IsDataLoss(status) ? ReadAnew(which, rows, out, status) : status;
  }

  // Reads from an undamaged file with the same contents: one that another process has put there
  // meanwhile, or one that is decoded again.
  absl::Status ReadAnew(Split which, std::span<const std::uint32_t> rows, std::span<std::byte> out,
                        absl::Status status) const {
    CacheRequest same = request;
    same.known_hash = cache.hash;
    for (const bool remove : {false, true}) {
      if (remove) {
        LogInfo(absl::StrCat("decoding again: ", status.message()));
        unlink(cache.path.c_str());
      }
      ASSIGN_OR_RETURN(const CachedDataset fresh, OpenOrBuildCache(same));
      if (fresh.hash != cache.hash) {
        return absl::FailedPreconditionError(absl::StrCat(
            status.message(), ", and the files it was decoded from have changed since"));
      }
      status = fresh.Read(SplitOf(fresh, which), rows, out);
      if (!absl::IsDataLoss(status)) return status;
    }
    return status;
  }
};

Dataset::Dataset(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Dataset::Dataset(Dataset&&) noexcept = default;
Dataset& Dataset::operator=(Dataset&&) noexcept = default;
Dataset::~Dataset() = default;

absl::StatusOr<Dataset> Dataset::Open(const PlugIn& name, double scale, std::uint64_t seed,
                                      ImageLayout layout, const std::string& known_hash) {
  const auto narrow_scale = static_cast<float>(scale);
  if (!std::isfinite(narrow_scale) || !(narrow_scale > 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("data.scale = ", scale, ": must be > 0 and finite as float32"));
  }
  ASSIGN_OR_RETURN(const auto resolved,
                   ResolveEntry(kDatasetKey, "data set", name, DatasetTable()));
  const PlugIn options = WithAbsolutePath(resolved.options);
  ASSIGN_OR_RETURN(const std::vector<std::string> sources, resolved.entry->sources(options));
  const DecodeRequest decode{
      .options = options, .sources = sources, .seed = seed, .layout = layout};
  CacheRequest request{
      .file = CacheFile(decode),
      .name = options.name,
      .sources = sources,
      .known_hash = known_hash,
      .decode = [entry = resolved.entry, decode] { return entry->decode(decode); }};
  ASSIGN_OR_RETURN(CachedDataset cache, OpenOrBuildCache(request));
  return Dataset(std::make_unique<Impl>(
      Impl{.cache = std::move(cache), .request = std::move(request), .scale = narrow_scale}));
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
std::optional<ImageLayout> Dataset::layout() const { return impl_->cache.layout; }
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

absl::string_view Dataset::client_names() const { return impl_->cache.client_names; }
const std::vector<std::string>& Dataset::sources() const { return impl_->request.sources; }
const std::string& Dataset::warning() const { return impl_->cache.warning; }

absl::StatusOr<Examples> Dataset::Read(Split split, std::span<const std::uint32_t> rows) const {
  const std::vector<std::uint32_t>& labels = impl_->split(split).labels;
  Examples examples;
  Examples::Impl& out = *examples.impl_;
  out.type = impl_->cache.type;
  out.inputs = inputs();
  out.stride = impl_->cache.stride();
  out.scale = impl_->scale;
  out.labels.reserve(rows.size());
  for (const std::uint32_t row : rows) {
    CHECK(row < labels.size());
    out.labels.push_back(labels[row]);
  }
  out.values = AlignedBuffer<std::byte>(rows.size() * out.stride);
  RETURN_IF_ERROR(impl_->Read(split, rows, out.values.span()));
  return examples;
}

PlugIn WithAbsolutePath(PlugIn name) {
  const auto option = name.options.find(kPathOption);
  if (option == name.options.end()) return name;
  auto* const path = std::get_if<std::string>(&option->second);
  if (path == nullptr || path->empty()) return name;
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(*path, error);
  if (!error) *path = absolute.string();
  return name;
}

}  // namespace fedround::data
