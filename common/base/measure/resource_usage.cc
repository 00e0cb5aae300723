#include "common/base/measure/resource_usage.h"

#include <malloc.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

// Set by the linker: the start of the program's image and the end of its code.
extern "C" const char __executable_start;
extern "C" const char etext;

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

std::uint64_t ThreadInvoluntarySwitches() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return static_cast<std::uint64_t>(usage.ru_nivcsw);
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
  // One arena for all threads, so that memory freed by one serves the others.
  mallopt(M_ARENA_MAX, 1);
}

void GiveFreedMemoryBack() { malloc_trim(0); }

void ForgetStartupCode() {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto first =
      (reinterpret_cast<std::uintptr_t>(&__executable_start) + page - 1) / page * page;
  const auto last = reinterpret_cast<std::uintptr_t>(&etext) / page * page;
  if (last > first) madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

}  // namespace fedround
