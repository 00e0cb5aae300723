// Sleeping until a word of memory changes, which processes may share.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <ctime>

#include "common/base/clock.h"

namespace fedround::slots {

// Sleeps until `word` is woken or `timeout` has passed; returns at once if it is not `expected`.
// Spurious wake-ups happen.
inline void FutexWait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                      Nanos timeout) {
  const timespec time{timeout / kNanosPerSecond, timeout % kNanosPerSecond};
  syscall(SYS_futex, &word, FUTEX_WAIT, expected, &time, nullptr, 0);
}

// Wakes up to `count` of those who wait, in the order in which they came.
inline void FutexWake(const std::atomic<std::uint32_t>& word, int count) {
  syscall(SYS_futex, &word, FUTEX_WAKE, count, nullptr, nullptr, 0);
}

}  // namespace fedround::slots
