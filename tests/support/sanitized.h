// Whether a sanitizer watches this build: it brings an allocator of its own, and its own memory
// counts as the program's. Tests that count allocations or memory have nothing to measure there.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FEDROUND_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FEDROUND_SANITIZED 1
#endif
#endif
#ifndef FEDROUND_SANITIZED
#define FEDROUND_SANITIZED 0
#endif

namespace fedround::testing {

inline constexpr bool kSanitized = FEDROUND_SANITIZED != 0;

}  // namespace fedround::testing
