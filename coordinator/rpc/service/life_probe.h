// Is a host still alive, now that another one claims its clients?
//
// A host that lost power, its network or its share of the processor looks alive to TCP for a long
// time, and a stopped one answers HTTP/2 pings as long as its kernel does. So the host itself is
// asked when another claims its place, and the claimant comes again until there is an answer. Not
// thread-safe; told the time.
#pragma once

#include <cstdint>

#include "common/base/clock.h"

namespace fedround::coordinator {

class LifeProbe {
 public:
  // A host that does not answer for this long has lost its place, provided that several claims, at
  // least kClaimGap apart, have been told to wait: after a pause of the coordinator itself, a claim
  // may be served before the answer that arrived during the pause.
  static constexpr Nanos kPatience = 2 * kNanosPerSecond;
  static constexpr int kFewestWaits = 5;
  static constexpr Nanos kClaimGap = 100 * kNanosPerMilli;
  // If nobody has claimed its place for this long, it is asked again: the answer may have been
  // lost.
  static constexpr Nanos kForgotten = 2 * kPatience;
  // How long an answer counts. Claims come more often than that.
  static constexpr Nanos kFresh = 2 * kNanosPerSecond;

  enum class Verdict : std::uint8_t {
    kAsk,    // send it a ping of id()
    kWait,   // it has been asked
    kAlive,  // it has answered just now
    kDead,   // it was asked and has not answered in time
  };

  // Somebody claims its place.
  Verdict Claimed(Nanos now) {
    const bool forgotten = now - claimed_at_ > kForgotten;
    claimed_at_ = now;
    if (asked_ && !forgotten) {
      if (now - asked_at_ >= kPatience && waits_ >= kFewestWaits) return Verdict::kDead;
      CountWait(now);
      return Verdict::kWait;
    }
    if (!asked_ && id_ > 0 && now - answered_at_ < kFresh) return Verdict::kAlive;
    Ask(now);
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
  void Ask(Nanos now) {
    asked_ = true;
    asked_at_ = now;
    waits_ = 0;
    counted_at_ = now;
    ++id_;
  }
  void CountWait(Nanos now) {
    if (now - counted_at_ < kClaimGap) return;
    ++waits_;
    counted_at_ = now;
  }

  std::uint64_t id_ = 0;
  bool asked_ = false;  // and has not answered
  Nanos asked_at_ = 0;
  int waits_ = 0;  // claims told to wait since then, kClaimGap apart
  Nanos counted_at_ = 0;
  Nanos claimed_at_ = 0;
  Nanos answered_at_ = 0;
};

}  // namespace fedround::coordinator
