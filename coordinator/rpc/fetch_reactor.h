// The server half of one FetchModel call: sends a model out of the memory that all fetches share.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "coordinator/coordinator.h"

namespace fedround::coordinator {

// Deletes itself when the call is done.
class FetchReactor final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  // `request_bytes` is the size of the request, for the byte counts.
  FetchReactor(Coordinator& coordinator, std::shared_ptr<const Model> model,
               std::size_t chunk_bytes, std::uint64_t request_bytes);

  void OnWriteDone(bool ok) override;
  void OnDone() override { delete this; }

 private:
  void WriteNextChunk();

  Coordinator& coordinator_;
  const std::shared_ptr<const Model> model_;
  const std::size_t chunk_bytes_;
  std::size_t offset_ = 0;  // bytes sent
  grpc::ByteBuffer message_;
};

}  // namespace fedround::coordinator
