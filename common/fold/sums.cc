// Why integers: a sum of floats depends on the order of its terms, and updates arrive in whatever
// order the network likes. On the grid (grid.h) every entry of an update is an integer of at most
// 51 bits, and a sum of integers that cannot overflow is exact: any order, any number of threads or
// relays, the same bits.
//
// Its bound is checked in three places, each before the next one matters:
//
//   CheckGrid   once, before round 1     scale * max_abs * max_total_weight < 2^63
//   CheckOnGrid on every update          |x| <= max_abs, finite: a bad update is refused whole
//   Add         on every update          the total weight, which the engine keeps within bounds
//
// Never by looking at the sum itself: whether that overflows half-way depends on the order.
//
// Its cost is memory traffic: a sum has 8 bytes per entry, an update 4. So four updates are added
// per pass (kernels/quantise.h). That reaches 0.5 to 0.8 of the speed of only reading the updates,
// against 0.3 to 0.5 for one update at a time (`scripts/bench`).
#include "common/fold/sums.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/io/numbers.h"

namespace fedround::fold {

Sums::Sums(const Grid& grid, std::size_t size) : grid_(grid), sums_(size) { Reset(); }

void Sums::Reset() {
  std::fill_n(sums_.data(), sums_.size(), 0);
  total_weight_ = 0;
}

void Sums::Add(std::span<const WeightedUpdate> updates) {
  std::vector<kernels::WeightedSpan> spans;
  spans.reserve(updates.size());
  for (const WeightedUpdate& update : updates) {
    CHECK(update.values.size() == sums_.size());
    total_weight_ += update.weight;
    spans.push_back({update.values.data(), static_cast<std::int64_t>(update.weight)});
  }
  CHECK(total_weight_ <= grid_.max_total_weight);
  kernels::AddQuantised(spans, grid_.scale(), sums_.span());
}

void Sums::Merge(const Sums& other) {
  CHECK(other.sums_.size() == sums_.size());
  CHECK(other.grid_.scale_bits == grid_.scale_bits);
  total_weight_ += other.total_weight_;
  CHECK(total_weight_ <= grid_.max_total_weight);
  for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += other.sums_[i];
}

void Sums::WriteShare(std::uint64_t divisor, std::span<float> share) const {
  CHECK(divisor > 0);
  CHECK(share.size() == sums_.size());
  kernels::DivideSums(sums_.span(), static_cast<double>(divisor) * grid_.scale(), share);
}

void Sums::AppendTo(std::string& bytes) const {
  AppendNumber(total_weight_, bytes);
  bytes.append(reinterpret_cast<const char*>(sums_.data()), sums_.size() * sizeof(std::int64_t));
}

absl::Status Sums::TakeFrom(absl::string_view& bytes) {
  absl::string_view rest = bytes;
  std::uint64_t weight = 0;
  if (!TakeNumber(rest, weight) || rest.size() / sizeof(std::int64_t) < sums_.size()) {
    return absl::InvalidArgumentError("sums: they end too early");
  }
  const double most =
      static_cast<double>(weight) * grid_.max_abs * grid_.scale() + static_cast<double>(weight);
  if (weight > grid_.max_total_weight) {
    return absl::InvalidArgumentError(
        absl::StrCat("sums: a total weight of ", weight, ": at most ", grid_.max_total_weight));
  }
  AlignedBuffer<std::int64_t> sums(sums_.size());
  std::memcpy(sums.data(), rest.data(), sums.size() * sizeof(std::int64_t));
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (std::abs(static_cast<double>(sums[i])) <= most) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("sums: entry ", i, " is ", sums[i], ", more than its weight allows"));
  }
  rest.remove_prefix(sums.size() * sizeof(std::int64_t));
  sums_ = std::move(sums);
  total_weight_ = weight;
  bytes = rest;
  return absl::OkStatus();
}

}  // namespace fedround::fold
