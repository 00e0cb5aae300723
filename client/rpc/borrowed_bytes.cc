#include "client/rpc/borrowed_bytes.h"

namespace fedround::client {

BorrowedBytes::~BorrowedBytes() {
  MutexLock lock(mutex_);
  while (lent_ > 0) returned_.Wait(mutex_);
}

grpc::Slice BorrowedBytes::Lend(std::span<const std::byte> bytes) {
  {
    MutexLock lock(mutex_);
    ++lent_;
  }
  return {const_cast<std::byte*>(bytes.data()), bytes.size(), &BorrowedBytes::Return, this};
}

bool BorrowedBytes::AllReturned() {
  MutexLock lock(mutex_);
  return lent_ == 0;
}

void BorrowedBytes::Return(void* self) {
  auto& borrowed = *static_cast<BorrowedBytes*>(self);
  MutexLock lock(borrowed.mutex_);
  if (--borrowed.lent_ == 0) borrowed.returned_.NotifyAll();
}

}  // namespace fedround::client
