// Lends the caller's memory to gRPC without copying it, and gets it back for sure.
//
// A write that has returned does not mean that gRPC is done with its slices: after a cancelled call
// some may still wait in a connection's output. The destructor waits until the last one is dropped.
// So make it before the call that sends the slices, and it goes after it; if the call failed, close
// the connection too.
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

  // A slice over `bytes`, which must live as long as this object.
  grpc::Slice Lend(std::span<const std::byte> bytes);
  bool AllReturned();

 private:
  static void Return(void* self);

  Mutex mutex_;
  CondVar returned_;
  int lent_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace fedround::client
