#include "common/base/cpu/simd.h"

#include <atomic>

#include "absl/strings/str_cat.h"
#include "common/base/named_enum.h"

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

SimdLevel BestSimdLevel() {
  static const SimdLevel best = Detect();
  return best;
}

SimdLevel LevelOf(SimdChoice choice) {
  switch (choice) {
    case SimdChoice::kAuto:
      break;
    case SimdChoice::kAvx512:
      return SimdLevel::kAvx512;
    case SimdChoice::kAvx2:
      return SimdLevel::kAvx2;
    case SimdChoice::kSse2:
      return SimdLevel::kSse2;
  }
  return BestSimdLevel();
}

SimdChoice ChoiceOf(SimdLevel level) {
  switch (level) {
    case SimdLevel::kSse2:
      break;
    case SimdLevel::kAvx2:
      return SimdChoice::kAvx2;
    case SimdLevel::kAvx512:
      return SimdChoice::kAvx512;
  }
  return SimdChoice::kSse2;
}

SimdLevel SimdLevelInUse() { return InUse().load(std::memory_order_relaxed); }

absl::Status UseSimdLevel(SimdLevel level) {
  if (level > BestSimdLevel()) {
    return absl::FailedPreconditionError(
        absl::StrCat("model.simd = \"", NameOf(level), "\": this machine has only ",
                     NameOf(BestSimdLevel()), "; set model.simd to that for the whole run"));
  }
  InUse().store(level, std::memory_order_relaxed);
  return absl::OkStatus();
}

}  // namespace fedround
