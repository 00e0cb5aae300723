// The SIMD level at which a process computes. The order of additions depends on it, so the level is
// as much a part of a result as the seed: the coordinator resolves it once for a run
// (`model.simd`), and clients work at that level or do not join.
//
// One binary has the kernels of all levels. Everything else is compiled for plain x86-64.
#pragma once

#include <array>

#include "absl/status/status.h"

namespace fedround {

// In ascending order: a machine that has a level has all levels before it.
enum class SimdLevel {
  kSse2,    // plain x86-64
  kAvx2,    // with FMA (x86-64-v3)
  kAvx512,  // F, BW, CD, DQ, VL (x86-64-v4)
};
inline constexpr SimdLevel kSimdLevels[] = {SimdLevel::kSse2, SimdLevel::kAvx2, SimdLevel::kAvx512};

constexpr std::array<const char*, 3> NamesOf(SimdLevel) { return {"sse2", "avx2", "avx512"}; }

// What an experiment asks for: the values of model.simd.
enum class SimdChoice { kAuto, kAvx512, kAvx2, kSse2 };
constexpr std::array<const char*, 4> NamesOf(SimdChoice) {
  return {"auto", "avx512", "avx2", "sse2"};
}

// This machine's best.
SimdLevel BestSimdLevel();

// kAuto is this machine's best.
SimdLevel LevelOf(SimdChoice choice);
SimdChoice ChoiceOf(SimdLevel level);

// The level of this process's kernels: BestSimdLevel(), until UseSimdLevel says otherwise.
SimdLevel SimdLevelInUse();

// Call it before the first training step or evaluation of a run: results before and after a change
// differ in bits. Errors: FAILED_PRECONDITION if the machine lacks the level. Thread-safe.
absl::Status UseSimdLevel(SimdLevel level);

}  // namespace fedround
