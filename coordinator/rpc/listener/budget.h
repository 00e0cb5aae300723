// How often something may happen.
//
// Each time costs one from the budget, which is refilled at a fixed rate. So things that anybody
// can cause (a connection, a look at what came, a line of gRPC's log) take a small share of one
// core at most. What was spent on a peer that proves to be a client may be given back; then a
// federation of any size gets in as fast as its members authenticate.
#pragma once

#include <algorithm>
#include <cstdint>

#include "common/base/clock.h"

namespace fedround::coordinator {

class Budget {
 public:
  // The most at once, after a pause.
  static constexpr std::int64_t kMost = 32;

  // One more each `refill`.
  Budget(Nanos refill, Nanos now) : refill_(refill), refilled_(now) {}

  bool Available(Nanos now) {
    const std::int64_t due = (now - refilled_) / refill_;
    refilled_ += due * refill_;
    GiveBack(due);
    return left_ > 0;
  }
  void Spend() { --left_; }
  void GiveBack(std::int64_t count) { left_ = std::min(left_ + count, kMost); }
  // When there will be more, unless something is given back before.
  Nanos next_refill() const { return refilled_ + refill_; }

 private:
  const Nanos refill_;
  std::int64_t left_ = kMost;
  Nanos refilled_;
};

}  // namespace fedround::coordinator
