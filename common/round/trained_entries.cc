#include "common/round/trained_entries.h"

#include <algorithm>
#include <cstring>

#include "common/base/check.h"

namespace fedround {

TrainedEntries::TrainedEntries(const ModelLayout& layout) {
  CHECK(layout.tensors.size() == layout.fates.size());
  std::size_t begin = 0;
  for (std::size_t i = 0; i < layout.tensors.size(); ++i) {
    const std::size_t elements = layout.tensors[i].elements();
    if (layout.fates[i] == Fate::kShared) {
      const bool goes_on = !ranges_.empty() && ranges_.back().begin + ranges_.back().size == begin;
      if (!goes_on) ranges_.push_back({begin, 0});
      ranges_.back().size += elements;
      size_ += elements;
    }
    begin += elements;
  }
}

std::span<float> TrainedEntries::Pack(std::span<float> values) const {
  float* end = values.data();
  for (const Range& range : ranges_) {
    const float* from = values.data() + range.begin;
    if (from != end) std::memmove(end, from, range.size * sizeof(float));
    end += range.size;
  }
  return values.first(size_);
}

void TrainedEntries::Unpack(std::span<const float> trained, std::span<float> values) const {
  const float* from = trained.data();
  for (const Range& range : ranges_) {
    std::copy_n(from, range.size, values.data() + range.begin);
    from += range.size;
  }
}

}  // namespace fedround
