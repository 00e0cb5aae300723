// Every update of a round, kept as it came: for rules that are no sum, such as a median.
//
// Its memory is one update for each client, which whoever keeps them has to bound beforehand. Updates
// stand in the order of their clients' ids, whatever the order in which they came. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/base/aligned_buffer.h"
#include "common/round/types.h"

namespace fedround::fold {

class Kept {
 public:
  struct Update {
    ClientId client = 0;
    std::uint64_t weight = 0;
    FloatBuffer values;  // [size]
  };

  explicit Kept(std::size_t size) : size_(size) {}

  // Its client has none here yet, its values are `size` entries.
  void Add(Update update);
  // Moves the updates of other clients here.
  void Merge(Kept&& other);
  std::span<const Update> updates() const { return updates_; }
  // Gives all updates away.
  std::vector<Update> Take() { return std::exchange(updates_, {}); }

  // As those of Sums. Errors of TakeFrom: INVALID_ARGUMENT, with nothing changed, if it is too short
  // or its clients do not ascend.
  void AppendTo(std::string& bytes) const;
  absl::Status TakeFrom(absl::string_view& bytes);

 private:
  std::size_t size_;
  std::vector<Update> updates_;  // by client, ascending
};

}  // namespace fedround::fold
