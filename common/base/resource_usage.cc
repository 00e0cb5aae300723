#include "common/base/resource_usage.h"

#include <malloc.h>
#include <sched.h>
#include <sys/resource.h>

namespace fedround {
namespace {

Nanos ToNanos(const timeval& time) {
  return time.tv_sec * kNanosPerSecond + time.tv_usec * Nanos{1000};
}

}  // namespace

ResourceUsage ReadResourceUsage() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {.cpu_ns = ToNanos(usage.ru_utime) + ToNanos(usage.ru_stime),
          .peak_rss_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024,
          .involuntary_switches = static_cast<std::uint64_t>(usage.ru_nivcsw),
          .minor_faults = static_cast<std::uint64_t>(usage.ru_minflt)};
}

int UsableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return CPU_COUNT(&set);
}

void KeepFreedMemory() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  // One arena more than the main one: threads share, so memory freed by one serves the other.
  mallopt(M_ARENA_MAX, 2);
}

}  // namespace fedround
