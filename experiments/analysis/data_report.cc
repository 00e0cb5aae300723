#include "experiments/analysis/data_report.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <unordered_map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/hash.h"

namespace fedround::analysis {
namespace {

constexpr std::size_t kMostClassesNamed = 5;

using data::Decoded;
using data::DecodedSplit;

std::span<const std::byte> Row(const Decoded& decoded, const DecodedSplit& split, std::size_t row) {
  const std::size_t bytes = decoded.inputs() * data::ValueBytes(decoded.type);
  return split.values.span().subspan(row * bytes, bytes);
}

std::vector<std::uint64_t> CountLabels(const DecodedSplit& split, std::size_t classes) {
  std::vector<std::uint64_t> counts(classes);
  for (const std::uint32_t label : split.labels) ++counts[label];
  return counts;
}

std::optional<ClientSizes> SizesOf(std::span<const std::uint32_t> natural_clients) {
  if (natural_clients.empty()) return std::nullopt;
  std::vector<std::uint64_t> sizes(data::CountClasses(natural_clients));
  for (const std::uint32_t client : natural_clients) ++sizes[client];
  const auto [least, most] = std::ranges::minmax(sizes);
  return ClientSizes{sizes.size(), least, most};
}

// The ranges of the features, one by one.
class RangeMeter {
 public:
  explicit RangeMeter(std::size_t features)
      : least_(features, std::numeric_limits<float>::infinity()),
        most_(features, -std::numeric_limits<float>::infinity()) {}

  void Add(const Decoded& decoded, const DecodedSplit& split) {
    std::vector<float> inputs(least_.size());
    for (std::size_t row = 0; row < split.labels.size(); ++row) {
      const auto bytes = Row(decoded, split, row);
      if (decoded.type == data::ValueType::kUint8) {
        std::ranges::transform(bytes, inputs.begin(), [](std::byte value) {
          return static_cast<float>(std::to_integer<int>(value)) / 255;
        });
      } else {
        std::memcpy(inputs.data(), bytes.data(), bytes.size());
      }
      AddRow(inputs);
    }
  }

  std::uint64_t CountConstant() const {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < least_.size(); ++i)
      if (least_[i] == most_[i]) ++count;
    return count;
  }

  // Without `constant`, which concerns the training examples only.
  InputRange Finish() const {
    InputRange range{.values = values_, .not_finite = not_finite_};
    if (values_ == not_finite_) return range;
    range.least = std::ranges::min(least_);
    range.most = std::ranges::max(most_);
    for (std::size_t i = 0; i < least_.size(); ++i) {
      if (least_[i] < -kUsualInput || most_[i] > kUsualInput) ++range.wide;
    }
    return range;
  }

 private:
  void AddRow(std::span<const float> inputs) {
    values_ += inputs.size();
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!std::isfinite(inputs[i])) {
        ++not_finite_;
        continue;
      }
      least_[i] = std::min(least_[i], inputs[i]);
      most_[i] = std::max(most_[i], inputs[i]);
    }
  }

  std::vector<float> least_;
  std::vector<float> most_;
  std::uint64_t values_ = 0;
  std::uint64_t not_finite_ = 0;
};

InputRange MeasureRange(const Decoded& decoded) {
  RangeMeter meter(decoded.inputs());
  meter.Add(decoded, decoded.train);
  const std::uint64_t constant = meter.CountConstant();
  meter.Add(decoded, decoded.test);
  InputRange range = meter.Finish();
  range.constant = constant;
  return range;
}

// Rows count as the same if their 64-bit hashes are the same; among a million rows, the chance that
// two different ones are is 3e-8.
Copies FindCopies(const Decoded& decoded) {
  Copies copies;
  std::unordered_map<std::uint64_t, std::uint32_t> first_row;  // of training, by hash
  first_row.reserve(decoded.train.labels.size());
  for (std::size_t row = 0; row < decoded.train.labels.size(); ++row) {
    const auto [found, is_new] = first_row.try_emplace(Xxh3(Row(decoded, decoded.train, row)),
                                                       static_cast<std::uint32_t>(row));
    if (is_new) continue;
    ++copies.in_train;
    const bool same_label = decoded.train.labels[row] == decoded.train.labels[found->second];
    if (!same_label) ++copies.labelled_otherwise;
  }
  for (std::size_t row = 0; row < decoded.test.labels.size(); ++row) {
    const auto found = first_row.find(Xxh3(Row(decoded, decoded.test, row)));
    if (found == first_row.end()) continue;
    if (copies.of_train_in_test++ == 0) copies.first_in_test = {row, found->second};
  }
  return copies;
}

// "class 3", "classes 3, 4 and 5", "classes 3, 4, 5, 6, 7 and 12 more"; empty if none is missing.
std::string MissingClasses(const std::vector<std::uint64_t>& counts) {
  std::vector<std::size_t> named;
  std::size_t missing = 0;
  for (std::size_t label = 0; label < counts.size(); ++label) {
    if (counts[label] > 0) continue;
    if (missing++ < kMostClassesNamed) named.push_back(label);
  }
  if (missing == 0) return "";
  if (missing == 1) return absl::StrCat("class ", named[0]);
  if (missing > named.size()) {
    return absl::StrCat("classes ", absl::StrJoin(named, ", "), " and ", missing - named.size(),
                        " more");
  }
  const std::size_t last = named.back();
  named.pop_back();
  return absl::StrCat("classes ", absl::StrJoin(named, ", "), " and ", last);
}

void AppendRange(const Decoded& decoded, const InputRange& range, std::vector<std::string>& lines) {
  if (range.not_finite > 0) {
    lines.push_back(
        absl::StrCat(range.not_finite, " of ", range.values,
                     " inputs are NaN, infinite or too large for float32: no run accepts "
                     "them; replace them, as in "
                     "np.nan_to_num(x), or leave their rows out"));
  }
  if (range.wide > 0) {
    lines.push_back(absl::StrFormat(
        "%d of %d features exceed [-%g, %g]: unscaled inputs train badly; save (x - x.mean(0)) / "
        "x.std(0), with mean and deviation of x_train for both splits, or set data.scale = %.3g",
        range.wide, decoded.inputs(), kUsualInput, kUsualInput,
        1 / std::max(std::fabs(range.least), std::fabs(range.most))));
  }
}

void AppendCopies(const Decoded& decoded, const Copies& copies, std::vector<std::string>& lines) {
  if (copies.of_train_in_test > 0) {
    lines.push_back(
        absl::StrCat(copies.of_train_in_test, " of ", decoded.test.labels.size(),
                     " test examples are training examples as well (test row ",
                     copies.first_in_test->first, " is training row ", copies.first_in_test->second,
                     "): scores on them say nothing about new data; leave them out of one split"));
  }
  if (copies.in_train > 0) {
    lines.push_back(absl::StrCat(
        copies.in_train, " of ", decoded.train.labels.size(),
        " training examples repeat an earlier one",
        copies.labelled_otherwise == 0
            ? ""
            : absl::StrCat(", ", copies.labelled_otherwise, " of them with another label"),
        "; np.unique(x, axis=0, return_index=True)[1] has the rows to keep"));
  }
}

}  // namespace

DataReport MeasureData(const Decoded& decoded) {
  return {.train_of_class = CountLabels(decoded.train, decoded.classes),
          .test_of_class = CountLabels(decoded.test, decoded.classes),
          .clients = SizesOf(decoded.natural_clients),
          .range = MeasureRange(decoded),
          .copies = FindCopies(decoded)};
}

std::vector<std::string> Notes(const Decoded& decoded, const DataReport& report) {
  std::vector<std::string> lines;
  AppendRange(decoded, report.range, lines);
  AppendCopies(decoded, report.copies, lines);
  if (const std::string missing = MissingClasses(report.train_of_class); !missing.empty()) {
    lines.push_back(absl::StrCat(missing,
                                 " without training examples: number the labels with "
                                 "np.unique(y, return_inverse=True)[1]"));
  }
  if (decoded.test.labels.empty()) {
    lines.push_back("no test examples: models are not scored");
  } else if (const std::string missing = MissingClasses(report.test_of_class); !missing.empty()) {
    lines.push_back(absl::StrCat(missing, " without test examples"));
  }
  return lines;
}

}  // namespace fedround::analysis
