// The examples that steps are measured on: more than the second-level cache holds, so that no step
// sees data that it has just seen, and no branch predictor learns them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/aligned_buffer.h"
#include "common/base/rng.h"

namespace fedround::bench {

struct Batch {
  std::span<const float> inputs;          // [B, inputs]
  std::span<const std::uint32_t> labels;  // [B]
};

// Const after Open; the position in it belongs to its user (Walk).
class Examples {
 public:
  // `data` is a data set's name, or "synthetic": overlapping Gaussian clouds of variance 1, no
  // input of which is 0. Holds 12 MiB of training examples, or as many as there are.
  // Errors: those of data::Dataset::Open; INVALID_ARGUMENT if examples do not have `inputs` inputs,
  // or there are fewer than kMaxBatch.
  static absl::StatusOr<Examples> Open(absl::string_view data, std::size_t inputs);

  std::size_t size() const { return labels_.size(); }
  // The share of inputs that are not 0: kernels may skip the others.
  double density() const { return density_; }
  // Examples first, first + 1, ...: all must be < size().
  Batch At(std::size_t first, std::size_t batch) const;

 private:
  Examples() = default;
  std::size_t inputs_ = 0;
  FloatBuffer values_;  // [size, inputs]
  std::vector<std::uint32_t> labels_;
  double density_ = 0;
};

// Batch after batch, starting over at the end.
class Walk {
 public:
  Walk(const Examples& examples, std::size_t batch) : examples_(&examples), batch_(batch) {}

  // Continues at a position drawn from `rng`. Otherwise walks along the same examples would find in
  // the cache what the first of them had to fetch.
  void Jump(Rng& rng) {
    next_ = rng.Below(static_cast<std::uint32_t>(examples_->size() - batch_ + 1));
  }
  Batch Next() {
    if (next_ + batch_ > examples_->size()) next_ = 0;
    const Batch batch = examples_->At(next_, batch_);
    next_ += batch_;
    return batch;
  }

 private:
  const Examples* examples_;
  std::size_t batch_;
  std::size_t next_ = 0;
};

}  // namespace fedround::bench
