// Lends the caller's memory to gRPC without copying it, and makes sure to get it back.
//
// When a write has returned, gRPC may still hold its slices: after a cancelled call some may wait
// in a connection's output. The destructor waits until the last one is dropped. So create it before
// the call that sends the slices, so that it is destroyed after it; if the call failed, also close
// the connection.
#pragma once

#include <grpcpp/support/slice.h>

#include <cstddef>
#include <span>

#include "common/base/mutex.h"

namespace fedround::client {

class BorrowedBytes {
 public:
  BorrowedBytes() = default;
  ~BorrowedBytes();
  BorrowedBytes(const BorrowedBytes&) = delete;
  BorrowedBytes& operator=(const BorrowedBytes&) = delete;

  // A slice over `bytes`, which must outlive this object.
  grpc::Slice Lend(std::span<const std::byte> bytes);
  bool AllReturned();

 private:
  static void Return(void* self);

  Mutex mutex_;
  CondVar returned_;
  int lent_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace fedround::client
