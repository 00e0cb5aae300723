// The server half of one FetchModel call: sends a model from the memory that all fetches share.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstddef>
#include <memory>

#include "common/base/measure/stall_meter.h"
#include "coordinator/model/model.h"
#include "coordinator/rpc/listener/connection.h"
#include "coordinator/rpc/service/fetch_directory.h"

namespace fedround::coordinator {

// Deletes itself when the call is done.
class FetchReactor final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  // `call` is in `directory` until this is done.
  FetchReactor(FetchDirectory& directory, grpc::CallbackServerContext& call,
               std::shared_ptr<Connection> connection, std::shared_ptr<const Model> model,
               std::size_t chunk_bytes);

  void OnWriteDone(bool ok) override;
  void OnDone() override {
    directory_.Remove(call_);
    delete this;
  }

 private:
  void WriteNextChunk();

  FetchDirectory& directory_;
  grpc::CallbackServerContext& call_;
  const std::shared_ptr<Connection> connection_;
  const std::shared_ptr<const Model> model_;
  const std::size_t chunk_bytes_;
  StallMeter meter_;
  std::size_t offset_ = 0;  // bytes sent
  grpc::ByteBuffer message_;
};

}  // namespace fedround::coordinator
