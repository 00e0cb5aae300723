// Is a host still there, now that another claims its clients?
//
// A host that lost its power, its network or its turn on the processor looks alive to TCP for long,
// and one that is stopped does to HTTP/2's pings for as long as its kernel answers. So it is asked
// itself, when somebody wants its place, and whoever wants it comes again until there is an answer.
// Not thread-safe; told the time.
#pragma once

#include <cstdint>

#include "common/base/clock.h"

namespace fedround::coordinator {

class LifeProbe {
 public:
  // One that does not answer for this long has lost its place.
  static constexpr Nanos kPatience = 2 * kNanosPerSecond;
  // For how long an answer counts. Claims come more often than that.
  static constexpr Nanos kFresh = 2 * kNanosPerSecond;

  enum class Verdict : std::uint8_t {
    kAsk,    // send it a ping of id()
    kWait,   // it has been asked
    kAlive,  // it has answered just now
    kDead,   // it was asked, and has had its time
  };

  // Somebody claims its place.
  Verdict Claimed(Nanos now) {
    if (asked_) return now - asked_at_ < kPatience ? Verdict::kWait : Verdict::kDead;
    if (id_ > 0 && now - answered_at_ < kFresh) return Verdict::kAlive;
    asked_ = true;
    asked_at_ = now;
    ++id_;
    return Verdict::kAsk;
  }
  // It has answered the ping of this id.
  void Answered(std::uint64_t id, Nanos now) {
    if (!asked_ || id != id_) return;
    asked_ = false;
    answered_at_ = now;
  }
  // Of the last ping; 0: none.
  std::uint64_t id() const { return id_; }

 private:
  std::uint64_t id_ = 0;
  bool asked_ = false;  // and has not answered
  Nanos asked_at_ = 0;
  Nanos answered_at_ = 0;
};

}  // namespace fedround::coordinator
