#include "client/rpc/transfer.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/rpc/grpc_status.h"
#include "common/base/hash.h"
#include "common/base/status_macros.h"
#include "common/rpc/received_message.h"
#include "common/wire/chunk.h"
#include "common/wire/messages/fetch_request.h"
#include "common/wire/messages/update_header.h"

namespace fedround::client {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors travel as they lie in memory");

// Copies chunks into a model as they arrive.
class ModelWriter {
 public:
  explicit ModelWriter(std::span<float> model) : bytes_(std::as_writable_bytes(model)) {}

  absl::Status Take(const grpc::ByteBuffer& message) {
    const rpc::ReceivedMessage received(message);
    const auto chunk = wire::ParseModelChunk(received.pieces());
    if (!chunk.ok()) return absl::DataLossError(chunk.status().message());
    const std::size_t room = bytes_.size() - written_;
    const bool wrong_total = chunk->total_bytes != 0 && chunk->total_bytes != bytes_.size();
    if (wrong_total || chunk->data_bytes > room) {
      return absl::DataLossError(
          absl::StrCat("the model that was sent has ",
                       wrong_total ? chunk->total_bytes : written_ + chunk->data_bytes,
                       " bytes; expected ", bytes_.size()));
    }
    for (const wire::Bytes piece : chunk->data) {
      std::memcpy(bytes_.data() + written_, piece.data(), piece.size());
      hash_.Append(piece);
      written_ += piece.size();
    }
    return absl::OkStatus();
  }

  absl::Status Check(ModelId expected) const {
    if (written_ != bytes_.size()) {
      return absl::DataLossError(
          absl::StrCat("the model ended after ", written_, " of ", bytes_.size(), " bytes"));
    }
    if (hash_.Digest() != expected) {
      return absl::DataLossError("the hash of the model that was sent is not its id");
    }
    return absl::OkStatus();
  }

  std::size_t written() const { return written_; }

 private:
  const std::span<std::byte> bytes_;
  std::size_t written_ = 0;
  Xxh3Stream hash_;
};

// Sends `payload`, or as much of it as the coordinator accepts; Finish then says why it stopped.
void WritePayload(Writer& writer, Call& call, std::span<const std::byte> payload,
                  std::size_t chunk_bytes, BorrowedBytes& borrowed, TransferCost& cost) {
  call.Expect();
  for (std::size_t offset = 0; offset < payload.size();) {
    const auto chunk = payload.subspan(offset, std::min(chunk_bytes, payload.size() - offset));
    const wire::ChunkPrefix prefix = wire::EncodeChunkPrefix(0, chunk.size());
    const grpc::Slice slices[] = {{prefix.bytes().data(), prefix.size}, borrowed.Lend(chunk)};
    const grpc::ByteBuffer message(slices, 2);
    offset += chunk.size();
    grpc::WriteOptions options;
    if (offset == payload.size()) options.set_last_message();
    if (!writer.Write(message, options)) break;
    call.Moved();
    cost.payload_bytes += chunk.size();
    cost.message_bytes_up += message.Length();
  }
  call.Wait();
}

}  // namespace

absl::StatusOr<TransferCost> ReceiveModel(Connection& connection, Call& call,
                                          const Instruction& instruction,
                                          const std::optional<TaskCost>& finished,
                                          std::span<float> model) {
  const grpc::ByteBuffer request = rpc::MakeMessage(wire::SerializeFetchRequest(
      {instruction.client, instruction.round, instruction.model_id, finished}));
  call.Expect();
  const std::unique_ptr<Reader> reader = connection.FetchModel(call.context(), request);
  TransferCost cost;
  cost.message_bytes_up = request.Length();
  ModelWriter writer(model);
  absl::Status taken;
  for (grpc::ByteBuffer message; taken.ok() && reader->Read(&message); message.Clear()) {
    call.Moved();
    cost.message_bytes_down += message.Length();
    taken = writer.Take(message);
  }
  if (!taken.ok()) call.context().TryCancel();
  const absl::Status ended = call.End(FromGrpcStatus(reader->Finish()));
  RETURN_IF_ERROR(taken);
  RETURN_IF_ERROR(ended);
  RETURN_IF_ERROR(writer.Check(instruction.model_id));
  cost.payload_bytes = writer.written();
  return cost;
}

absl::StatusOr<TransferCost> SendUpdate(Connection& connection, Call& call,
                                        const UpdateHeader& header,
                                        std::span<const std::byte> payload, std::size_t chunk_bytes,
                                        const std::function<void()>& on_credit,
                                        BorrowedBytes& borrowed) {
  // The call's metadata waits for the header, so that both leave in one packet.
  call.context().set_initial_metadata_corked(true);
  grpc::ByteBuffer response;
  const std::unique_ptr<Writer> writer = connection.SubmitUpdate(call.context(), response);
  const grpc::ByteBuffer opening = rpc::MakeMessage(wire::SerializeUpdateHeader(header));
  TransferCost cost;
  cost.message_bytes_up = opening.Length();
  if (payload.empty()) {
    // There is nothing to wait for: the header is the last message.
    writer->Write(opening, grpc::WriteOptions().set_last_message());
  } else {
    if (writer->Write(opening, grpc::WriteOptions())) writer->WaitForInitialMetadata();
    on_credit();
    WritePayload(*writer, call, payload, chunk_bytes, borrowed, cost);
  }
  RETURN_IF_ERROR(call.End(FromGrpcStatus(writer->Finish())));
  cost.message_bytes_down = response.Length();
  return cost;
}

}  // namespace fedround::client
