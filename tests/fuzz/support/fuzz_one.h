// What each *_fuzz.cc defines: one run of a decoder on untrusted bytes. It aborts if the decoder
// accepts what it should not; sanitizers find the rest. libFuzzer drives it in the `asan` preset
// (libfuzzer_main.cc); in every build a test runs it over the corpus and mutations
// (replay_test.cc).
#pragma once

#include <cstdint>
#include <span>

#include "absl/strings/string_view.h"

namespace fedround::fuzz {

void FuzzOne(std::span<const std::uint8_t> bytes);

inline absl::string_view AsText(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace fedround::fuzz
