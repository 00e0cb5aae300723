// Memory for anything as large as a model: 64-byte aligned, move-only, never initialised
// implicitly.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "common/base/check.h"
#include "common/base/process/out_of_memory.h"

namespace fedround {

template <typename T>
class AlignedBuffer {
  static_assert(std::is_trivial_v<T>);

 public:
  AlignedBuffer() = default;
  // `size` elements, contents unspecified.
  explicit AlignedBuffer(std::size_t size) : size_(size) {
    if (size == 0) return;
    CHECK(size <= (std::size_t{1} << 46) / sizeof(T));
    std::size_t room = size * sizeof(T) + kAlignment;
    // Not aligned_alloc: before 2.38 glibc does not reuse a freed block for the next one of the
    // same size, so a process that allocates one per round would grow for ever.
    block_.reset(std::malloc(room));
    if (block_ == nullptr) OutOfMemory();
    void* aligned = block_.get();
    data_ = static_cast<T*>(std::align(kAlignment, size * sizeof(T), aligned, room));
  }
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : block_(std::move(other.block_)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    block_ = std::move(other.block_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  std::span<T> span() { return {data_, size_}; }
  std::span<const T> span() const { return {data_, size_}; }

 private:
  static constexpr std::size_t kAlignment = 64;
  struct Free {
    void operator()(void* block) const { std::free(block); }
  };
  std::unique_ptr<void, Free> block_;
  T* data_ = nullptr;  // in block_
  std::size_t size_ = 0;
};

using FloatBuffer = AlignedBuffer<float>;

}  // namespace fedround
