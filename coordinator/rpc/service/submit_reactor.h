// The server half of one SubmitUpdate call: takes an update from the wire into the intake.
//
//   from the client    header          ............           payload               ....
//   to the intake        -> Offer                               -> Append*, Finish
//   from the intake                 credit -> initial metadata               verdict -> response
//
// The initial metadata is the credit: a client sends no payload before it has come. The intake may
// grant the credit and give its verdict in any thread at any time, also after the peer has hung up.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "common/base/mutex.h"
#include "coordinator/front.h"
#include "coordinator/rpc/listener/connection.h"

namespace fedround::coordinator {

class SubmitReactor final : public grpc::ServerReadReactor<grpc::ByteBuffer>,
                            public std::enable_shared_from_this<SubmitReactor> {
 public:
  // `response` is the call's answer if the update is accepted.
  static grpc::ServerReadReactor<grpc::ByteBuffer>* Open(Front& front,
                                                         std::shared_ptr<Connection> connection,
                                                         grpc::ByteBuffer* response);

  void OnReadDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  enum class State {
    kHeader,   // the header is being read and offered
    kCredit,   // offered; waits for room
    kPayload,  // chunks are being read
    kVerdict,  // the payload is complete; the engine decides
    kEnded,    // Finish was called
  };

  SubmitReactor(Front& front, std::shared_ptr<Connection> connection)
      : front_(front), connection_(std::move(connection)) {}

  absl::Status OfferHeader();
  absl::Status AppendChunk();
  void OnCredit();
  void StartPayload() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status FinishPayload();
  // Gives up what the intake holds for this call, then ends it. Only for the reading reaction.
  void Fail(const absl::Status& status);
  void End(const absl::Status& status);
  void EndLocked(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Front& front_;
  const std::shared_ptr<Connection> connection_;
  std::shared_ptr<SubmitReactor> self_;  // until OnDone
  grpc::ByteBuffer message_;             // being read

  // gRPC never runs a reaction inside StartRead, StartSendInitialMetadata or Finish, so they may be
  // called under the lock; it is what keeps the call alive between the look at `state_` and the use
  // of it.
  Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kHeader;
  bool credit_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;

  // Written by the reading reactions only, of which there is one at a time.
  UploadHandle handle_ = 0;  // 0: none
  std::uint64_t payload_bytes_ = 0;
  std::uint64_t received_bytes_ = 0;
};

}  // namespace fedround::coordinator
