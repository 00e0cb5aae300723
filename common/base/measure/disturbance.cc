#include "common/base/measure/disturbance.h"

#include <unistd.h>

#include <algorithm>
#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/base/measure/resource_usage.h"

namespace fedround {
namespace {

constexpr int kStealField = 8;  // after the word "cpu"

// 80'000 cycles if a fused multiply-add takes 4.
constexpr int kProbeSteps = 20'000;

Fd OpenStat() {
  absl::StatusOr<Fd> fd = OpenForRead("/proc/stat");
  return fd.ok() ? *std::move(fd) : Fd();
}

}  // namespace

Disturbance Difference(const Disturbance& before, const Disturbance& after) {
  const std::uint64_t switches = std::max(before.involuntary_switches, after.involuntary_switches);
  return {.involuntary_switches = switches - before.involuntary_switches,
          .steal_ns = std::max(before.steal_ns, after.steal_ns) - before.steal_ns};
}

DisturbanceMeter::DisturbanceMeter() : stat_(OpenStat()), ticks_per_second_(sysconf(_SC_CLK_TCK)) {}

Disturbance DisturbanceMeter::Read() const {
  return {.involuntary_switches = ReadResourceUsage().involuntary_switches, .steal_ns = StealNs()};
}

Nanos DisturbanceMeter::StealNs() const {
  // The first line: "cpu" and ten numbers of at most twenty digits.
  char text[256];
  const ssize_t size = pread(stat_.get(), text, sizeof(text), 0);
  return size <= 0 ? 0 : ParseSteal({text, static_cast<std::size_t>(size)}, ticks_per_second_);
}

Nanos ParseSteal(absl::string_view stat, std::int64_t ticks_per_second) {
  // A number at the end of the text may be cut off: only a complete line counts.
  const std::size_t line_end = stat.find('\n');
  if (line_end == absl::string_view::npos || ticks_per_second <= 0) return 0;
  int field = 0;
  for (const absl::string_view word :
       absl::StrSplit(stat.substr(0, line_end), ' ', absl::SkipEmpty())) {
    if (field == 0 && word != "cpu") return 0;
    if (field++ != kStealField) continue;
    const Nanos tick_ns = kNanosPerSecond / ticks_per_second;
    std::int64_t ticks = 0;
    const bool possible = absl::SimpleAtoi(word, &ticks) && ticks >= 0 && tick_ns > 0 &&
                          ticks <= std::numeric_limits<Nanos>::max() / tick_ns;
    return possible ? ticks * tick_ns : 0;
  }
  return 0;
}

double CountByMultiplyAdd(int steps) {
  // Volatile, so that the compiler does not know the values and cannot compute the sum in advance,
  // and so that the work stays between two clock reads. IEEE arithmetic forbids reordering.
  volatile double factor_source = 1.0;
  volatile double term_source = 1.0;
  const double factor = factor_source;
  const double term = term_source;
  double value = 0;
  for (int i = 0; i < steps; ++i) value = value * factor + term;
  volatile double result = value;
  return result;
}

Nanos ProbeFloatingPoint() {
  const Nanos start = MonotonicNow();
  CountByMultiplyAdd(kProbeSteps);
  return MonotonicNow() - start;
}

}  // namespace fedround
