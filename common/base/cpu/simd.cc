#include "common/base/cpu/simd.h"

#include <atomic>

#include "absl/strings/str_cat.h"

namespace fedround {
namespace {

SimdLevel Detect() {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
      !__builtin_cpu_supports("bmi2")) {
    return SimdLevel::kSse2;
  }
  const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512cd") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return has_avx512 ? SimdLevel::kAvx512 : SimdLevel::kAvx2;
}

std::atomic<SimdLevel>& InUse() {
  static std::atomic<SimdLevel> level = BestSimdLevel();
  return level;
}

}  // namespace

absl::string_view SimdLevelName(SimdLevel level) {
  switch (level) {
    case SimdLevel::kSse2:
      return "sse2";
    case SimdLevel::kAvx2:
      return "avx2";
    case SimdLevel::kAvx512:
      return "avx512";
  }
  return "";
}

absl::StatusOr<SimdLevel> SimdLevelNamed(absl::string_view name) {
  if (name == "auto") return BestSimdLevel();
  for (const SimdLevel level : kSimdLevels) {
    if (SimdLevelName(level) == name) return level;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("SIMD level \"", name, "\": must be auto, sse2, avx2 or avx512"));
}

SimdLevel BestSimdLevel() {
  static const SimdLevel best = Detect();
  return best;
}

SimdLevel SimdLevelInUse() { return InUse().load(std::memory_order_relaxed); }

absl::Status UseSimdLevel(SimdLevel level) {
  if (level > BestSimdLevel()) {
    return absl::FailedPreconditionError(
        absl::StrCat("model.simd = \"", SimdLevelName(level), "\": this machine has only ",
                     SimdLevelName(BestSimdLevel()), "; set model.simd to that for the whole run"));
  }
  InUse().store(level, std::memory_order_relaxed);
  return absl::OkStatus();
}

}  // namespace fedround
