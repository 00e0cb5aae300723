// An actor's timeline: a gapless chain of phases, each of which ends where the next one starts.
//
// Every moment between Start and the last End belongs to exactly one phase, so nothing can hide in
// a remainder. A phase may come several times; its times add up.
#pragma once

#include <algorithm>
#include <cstddef>

#include "common/base/clock.h"

namespace fedround {

// `Phase` is an enumeration of 0 .. kCount-1. Not thread-safe.
template <typename Phase, std::size_t kCount>
class PhaseChain {
 public:
  // `cpu_now`: the processor time, of a thread or a process, that is booked as well.
  explicit PhaseChain(Nanos (*cpu_now)()) : cpu_now_(cpu_now) {}

  // The chain begins here, without any phase.
  void Start(Nanos now) {
    last_ = now;
    cpu_last_ = cpu_now_();
    Restart();
  }
  // The next chain begins where this one ended.
  void Restart() {
    start_ = last_;
    std::fill_n(wall_ns_, kCount, 0);
    std::fill_n(cpu_ns_, kCount, 0);
  }

  // The time since the last mark belongs to `phase`. `now` is not before that mark.
  void End(Phase phase, Nanos now) {
    const Nanos cpu = cpu_now_();
    wall_ns_[static_cast<int>(phase)] += now - last_;
    cpu_ns_[static_cast<int>(phase)] += cpu - cpu_last_;
    last_ = now;
    cpu_last_ = cpu;
  }

  Nanos start() const { return start_; }
  Nanos last() const { return last_; }
  Nanos wall(Phase phase) const { return wall_ns_[static_cast<int>(phase)]; }
  void CopyTo(Nanos (&wall_ns)[kCount], Nanos (&cpu_ns)[kCount]) const {
    std::copy_n(wall_ns_, kCount, wall_ns);
    std::copy_n(cpu_ns_, kCount, cpu_ns);
  }

 private:
  Nanos (*cpu_now_)();
  Nanos start_ = 0;
  Nanos last_ = 0;
  Nanos cpu_last_ = 0;
  Nanos wall_ns_[kCount] = {};
  Nanos cpu_ns_[kCount] = {};
};

}  // namespace fedround
