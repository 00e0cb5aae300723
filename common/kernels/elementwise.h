// Loops over elements, in a form that gcc and clang turn into vector code.
//
// A compiler that must allow for overlap runs element by element. So `Map` treats the two legal
// cases separately: one span in place, or two spans that do not overlap.
#pragma once

#include <cstddef>
#include <span>

#include "common/base/check.h"

namespace fedround::kernels {

// out[i] = function(in[i]). `in` and `out` have one size and are either the same memory or
// disjoint.
template <typename Function>
void Map(std::span<const float> in, std::span<float> out, Function function) {
  CHECK(in.size() == out.size());
  const std::size_t size = out.size();
  if (in.data() == out.data()) {
    float* values = out.data();
    for (std::size_t i = 0; i < size; ++i) values[i] = function(values[i]);
    return;
  }
  const float* __restrict from = in.data();
  float* __restrict to = out.data();
  for (std::size_t i = 0; i < size; ++i) to[i] = function(from[i]);
}

// inout[i] = function(in[i], inout[i]). The spans have one size and are disjoint.
template <typename Function>
void Combine(std::span<const float> in, std::span<float> inout, Function function) {
  CHECK(in.size() == inout.size());
  const std::size_t size = inout.size();
  const float* __restrict from = in.data();
  float* __restrict values = inout.data();
  for (std::size_t i = 0; i < size; ++i) values[i] = function(from[i], values[i]);
}

// inout[i] = function(first[i], second[i], inout[i]), under the same conditions.
template <typename Function>
void Combine(std::span<const float> first, std::span<const float> second, std::span<float> inout,
             Function function) {
  CHECK(first.size() == inout.size() && second.size() == inout.size());
  const std::size_t size = inout.size();
  const float* __restrict a = first.data();
  const float* __restrict b = second.data();
  float* __restrict values = inout.data();
  for (std::size_t i = 0; i < size; ++i) values[i] = function(a[i], b[i], values[i]);
}

}  // namespace fedround::kernels
