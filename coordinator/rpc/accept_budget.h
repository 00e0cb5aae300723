// How many connections the listener may accept now.
//
// A connection costs one from the budget. A peer that proves to be a client gives it back, so a
// federation of any size connects as fast as its members authenticate. Others are refilled at a
// fixed rate: whoever opens connections and sends nothing, or drops them at once, takes a small
// share of one core at most, and the kernel's backlog holds the rest.
#pragma once

#include <algorithm>
#include <cstdint>

#include "common/base/clock.h"

namespace fedround::coordinator {

class AcceptBudget {
 public:
  // That many strangers at a time cost little, and clients rarely have more on the way.
  static constexpr std::int64_t kMost = 32;
  // 500 connections a second; to accept one, hand it to gRPC and drop it costs about 0.1 ms.
  static constexpr Nanos kRefill = 2 * kNanosPerMilli;

  explicit AcceptBudget(Nanos now) : refilled_(now) {}

  bool Available(Nanos now) {
    const std::int64_t due = (now - refilled_) / kRefill;
    refilled_ += due * kRefill;
    GiveBack(due);
    return left_ > 0;
  }
  void Spend() { --left_; }
  void GiveBack(std::int64_t count) { left_ = std::min(left_ + count, kMost); }
  // When there is more, if nothing is given back before.
  Nanos next_refill() const { return refilled_ + kRefill; }

 private:
  std::int64_t left_ = kMost;
  Nanos refilled_;
};

}  // namespace fedround::coordinator
