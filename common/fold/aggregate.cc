#include "common/fold/aggregate.h"

#include <utility>

#include "common/base/check.h"
#include "common/base/io/numbers.h"
#include "common/base/status_macros.h"

namespace fedround::fold {

Aggregate::Aggregate(const Grid& grid, const UpdateLayout& layout)
    : grid_(grid),
      layout_(layout),
      scalars_(layout.scalars.size(), 0),
      kept_(TotalElements(layout)) {
  if (layout.kept) return;
  for (const VectorLayout& vector : layout.vectors) sums_.emplace_back(grid, vector.elements);
}

void Aggregate::Reset() {
  for (Sums& sums : sums_) sums.Reset();
  scalars_.assign(scalars_.size(), 0);
  kept_.Take();
  answers_ = 0;
  total_weight_ = 0;
}

void Aggregate::Add(std::span<const Answer> answers) {
  CHECK(!layout_.kept);
  std::vector<WeightedUpdate> vectors;
  std::size_t offset = 0;
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    const VectorLayout& layout = layout_.vectors[i];
    vectors.clear();
    for (const Answer& answer : answers) {
      vectors.push_back({answer.values.subspan(offset, layout.elements),
                         layout.weight == VectorWeight::kOne ? 1 : answer.weight});
    }
    sums_[i].Add(vectors);
    offset += layout.elements;
  }
  for (const Answer& answer : answers) {
    ++answers_;
    total_weight_ += answer.weight;
    CHECK(answer.scalars.size() == scalars_.size());
    for (std::size_t i = 0; i < scalars_.size(); ++i) {
      scalars_[i] += answer.weight * answer.scalars[i];
    }
  }
}

void Aggregate::Keep(Kept::Update update) {
  CHECK(layout_.kept);
  ++answers_;
  total_weight_ += update.weight;
  kept_.Add(std::move(update));
}

void Aggregate::Merge(Aggregate&& other) {
  CHECK(other.layout_ == layout_);
  for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i].Merge(other.sums_[i]);
  for (std::size_t i = 0; i < scalars_.size(); ++i) scalars_[i] += other.scalars_[i];
  kept_.Merge(std::move(other.kept_));
  answers_ += other.answers_;
  total_weight_ += other.total_weight_;
}

std::string Aggregate::Serialize() const {
  std::string bytes;
  AppendNumber(answers_, bytes);
  AppendNumber(total_weight_, bytes);
  for (const std::uint64_t scalar : scalars_) AppendNumber(scalar, bytes);
  for (const Sums& sums : sums_) sums.AppendTo(bytes);
  kept_.AppendTo(bytes);
  return bytes;
}

absl::Status Aggregate::Restore(absl::string_view bytes) {
  bool complete = TakeNumber(bytes, answers_) && TakeNumber(bytes, total_weight_);
  for (std::uint64_t& scalar : scalars_) complete = complete && TakeNumber(bytes, scalar);
  if (!complete) return absl::InvalidArgumentError("aggregate: it ends too early");
  for (Sums& sums : sums_) RETURN_IF_ERROR(sums.TakeFrom(bytes));
  RETURN_IF_ERROR(kept_.TakeFrom(bytes));
  if (!bytes.empty()) return absl::InvalidArgumentError("aggregate: more bytes than it has");
  return CheckTotals();
}

// What each part counts by itself must be what they count together.
absl::Status Aggregate::CheckTotals() const {
  bool agree = answers_ <= total_weight_ && (answers_ == 0) == (total_weight_ == 0);
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    const bool one = layout_.vectors[i].weight == VectorWeight::kOne;
    agree = agree && sums_[i].total_weight() == (one ? answers_ : total_weight_);
  }
  for (std::size_t i = 0; i < scalars_.size(); ++i) {
    const double most =
        static_cast<double>(total_weight_) * static_cast<double>(layout_.scalars[i].max);
    agree = agree && static_cast<double>(scalars_[i]) <= most;
  }
  if (layout_.kept) {
    std::uint64_t weight = 0;
    for (const Kept::Update& update : kept_.updates()) {
      agree = agree && update.weight > 0 && update.weight <= total_weight_ - weight &&
              CheckOnGrid(update.values.span(), grid_).ok();
      if (!agree) break;
      weight += update.weight;
    }
    agree = agree && weight == total_weight_ && kept_.updates().size() == answers_;
  }
  return agree ? absl::OkStatus()
               : absl::InvalidArgumentError("aggregate: its totals contradict its parts");
}

}  // namespace fedround::fold
