// CHECK: for our own bugs, never for anything that a file, a peer or a user can cause (that is an
// absl::Status).
#pragma once

#include <cstdio>
#include <cstdlib>

namespace fedround {

[[noreturn]] inline void CheckFailed(const char* file, int line, const char* condition) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, condition);
  std::abort();
}

}  // namespace fedround

#define CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::fedround::CheckFailed(__FILE__, __LINE__, #condition))
