// Which entries of the flat parameter vector [P] training changes: those of tensors that are not
// frozen. Only these Q of the P entries travel in updates, are summed and change the model; they
// keep their order.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "common/round/model_layout.h"

namespace fedround {

// Thread-safe: const once made.
class TrainedEntries {
 public:
  explicit TrainedEntries(const ModelLayout& layout);

  std::size_t size() const { return size_; }  // Q

  // Moves the trained entries of `values` [P] to its front; returns them [Q].
  std::span<float> Pack(std::span<float> values) const;

  // Writes `trained` [Q] to the trained entries of `values` [P]. The spans do not overlap.
  void Unpack(std::span<const float> trained, std::span<float> values) const;

 private:
  struct Range {
    std::size_t begin = 0;
    std::size_t size = 0;
  };

  std::vector<Range> ranges_;  // ascending, with frozen entries between any two
  std::size_t size_ = 0;
};

}  // namespace fedround
