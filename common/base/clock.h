// Time, as int64 nanoseconds. The engine never reads a clock: it is told `now`.
#pragma once

#include <cmath>
#include <cstdint>
#include <ctime>

namespace fedround {

// Nanoseconds, of a monotonic clock unless a name says otherwise.
using Nanos = std::int64_t;

inline constexpr Nanos kNanosPerSecond = 1'000'000'000;
inline constexpr Nanos kNanosPerMilli = 1'000'000;

inline Nanos ReadClock(clockid_t id) {
  timespec time{};
  clock_gettime(id, &time);
  return static_cast<Nanos>(time.tv_sec) * kNanosPerSecond + time.tv_nsec;
}

// Since an unspecified start; never goes back; the same for all processes on one machine.
inline Nanos MonotonicNow() { return ReadClock(CLOCK_MONOTONIC); }
// Since 1970. For people and for comparing machines, never for deadlines.
inline Nanos WallNow() { return ReadClock(CLOCK_REALTIME); }
// Processor time of the calling thread. A read costs about 0.5 us: once per phase, not per step.
inline Nanos ThreadCpuNow() { return ReadClock(CLOCK_THREAD_CPUTIME_ID); }
// Processor time of all threads of this process.
inline Nanos ProcessCpuNow() { return ReadClock(CLOCK_PROCESS_CPUTIME_ID); }

// Rounded to the nearest; `seconds` is finite and below 2^63 ns.
inline Nanos ToNanos(double seconds) {
  return std::llround(seconds * static_cast<double>(kNanosPerSecond));
}
inline double Seconds(Nanos nanos) {
  return static_cast<double>(nanos) / static_cast<double>(kNanosPerSecond);
}

}  // namespace fedround
