// The offset of a client's clock, from the stamps of the messages that passed between it and us.
//
// A message cannot arrive before it was sent. So each one that the client stamped and we received
// bounds the offset (our clock minus its) from above by the difference of the two stamps, and each
// one of ours that it stamped on arrival bounds it from below. No extra message is needed.
// Source: Cristian 1989, "Probabilistic clock synchronization", in the form of Marzullo's
// intersection of intervals.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>

#include "common/base/clock.h"

namespace fedround::coordinator {

class ClockBounds {
 public:
  struct Offset {
    Nanos offset_ns = 0;
    Nanos bound_ns = 0;  // either way
  };

  void FromClient(Nanos its_sending, Nanos our_arrival) {
    most_ = std::min(most_, our_arrival - its_sending);
  }
  void ToClient(Nanos our_sending, Nanos its_arrival) {
    least_ = std::max(least_, our_sending - its_arrival);
  }

  // Nothing without a message in each direction, or if the stamps contradict each other.
  std::optional<Offset> Get() const {
    if (least_ == kNever || most_ == -kNever || least_ > most_) return std::nullopt;
    const Nanos half = (most_ - least_ + 1) / 2;
    return Offset{least_ + half, half};
  }

 private:
  static constexpr Nanos kNever = std::numeric_limits<Nanos>::min() + 1;
  Nanos least_ = kNever;
  Nanos most_ = -kNever;
};

}  // namespace fedround::coordinator
