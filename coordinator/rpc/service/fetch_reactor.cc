#include "coordinator/rpc/service/fetch_reactor.h"

#include <grpcpp/support/slice.h>

#include <algorithm>
#include <span>
#include <utility>

#include "common/wire/chunk.h"

namespace fedround::coordinator {
namespace {

// A slice over `bytes` of `model`. gRPC may still hold it after the round has moved on, so the
// slice owns a share of the model.
grpc::Slice ShareSlice(const std::shared_ptr<const Model>& model, wire::Bytes bytes) {
  return {const_cast<std::byte*>(bytes.data()), bytes.size(),
          [](void* share) { delete static_cast<std::shared_ptr<const Model>*>(share); },
          new std::shared_ptr<const Model>(model)};
}

}  // namespace

FetchReactor::FetchReactor(FetchDirectory& directory, grpc::CallbackServerContext& call,
                           std::shared_ptr<Connection> connection,
                           std::shared_ptr<const Model> model, std::size_t chunk_bytes)
    : directory_(directory),
      call_(call),
      connection_(std::move(connection)),
      model_(std::move(model)),
      chunk_bytes_(chunk_bytes) {
  directory_.Add(call_, {model_->id, *connection_, meter_});
  WriteNextChunk();
}

void FetchReactor::WriteNextChunk() {
  const wire::Bytes all = std::as_bytes(model_->parameters.span());
  const wire::Bytes chunk = all.subspan(offset_, std::min(chunk_bytes_, all.size() - offset_));
  const wire::ChunkPrefix prefix =
      wire::EncodeChunkPrefix(offset_ == 0 ? all.size() : 0, chunk.size());
  const grpc::Slice slices[] = {{prefix.bytes().data(), prefix.size}, ShareSlice(model_, chunk)};
  message_ = grpc::ByteBuffer(slices, 2);
  offset_ += chunk.size();
  // Counted before it is sent: its round cannot close before that.
  connection_->CountDown(chunk.size(), message_.Length());
  if (offset_ == all.size()) {
    StartWriteAndFinish(&message_, grpc::WriteOptions(), grpc::Status::OK);
  } else {
    StartWrite(&message_);
  }
}

void FetchReactor::OnWriteDone(bool ok) {
  if (ok) {
    meter_.Moved();
    WriteNextChunk();
  } else {
    Finish(grpc::Status::CANCELLED);
  }
}

}  // namespace fedround::coordinator
