// Treats denormal numbers as zeros, for the length of a scope.
//
// Some processors take a hundred times as long for a denormal operand or result. Flushing them
// changes bits, so it is part of a run's configuration (`model.flush_to_zero`).
#pragma once

#include <xmmintrin.h>

namespace fedround {

// From construction to the end of the scope, the thread takes denormal operands as 0 and returns 0
// for denormal results. Does nothing unless `wanted`.
class ScopedFlushToZero {
 public:
  explicit ScopedFlushToZero(bool wanted) : before_(_mm_getcsr()) {
    if (wanted) _mm_setcsr(before_ | kFlushResults | kOperandsAreZero);
  }
  ~ScopedFlushToZero() { _mm_setcsr(before_); }
  ScopedFlushToZero(const ScopedFlushToZero&) = delete;
  ScopedFlushToZero& operator=(const ScopedFlushToZero&) = delete;

 private:
  static constexpr unsigned kFlushResults = 0x8000;
  static constexpr unsigned kOperandsAreZero = 0x0040;

  unsigned before_;
};

}  // namespace fedround
