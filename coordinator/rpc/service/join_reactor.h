// The server half of one Join call: through it instructions reach one host.
//
// Messages queue here and are sent one at a time; sending never blocks the engine. The reactor
// keeps itself alive until gRPC reports the call done; before that it begins to ignore what others
// ask.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/base/mutex.h"
#include "common/round/types.h"
#include "coordinator/front.h"
#include "coordinator/rpc/listener/connection.h"
#include "coordinator/rpc/service/life_probe.h"

namespace fedround::coordinator {

class HostDirectory;

class JoinReactor final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  // Makes an admitted host reachable: its first message is `welcome`, then the coordinator is told
  // that its clients are connected. They leave when the call ends.
  static grpc::ServerWriteReactor<grpc::ByteBuffer>* Open(Front& front, HostDirectory& directory,
                                                          std::shared_ptr<Connection> connection,
                                                          grpc::CallbackServerContext& context,
                                                          JoinRequest request,
                                                          const Welcome& welcome);

  // Queues a message. A host that stops reading is cut off once more than kMaxQueuedPerClient
  // messages per client have piled up.
  void Send(std::string message);
  // Ends the call with `status` once everything queued has been sent. Later messages are dropped.
  void Close(absl::Status status);
  // Another host claims clients of this one. Returns true if this one is alive, or cannot be asked.
  // Otherwise it is being asked, or has not answered and is cut off; the other may come again.
  bool StandsUpTo(Nanos now);
  // The host has answered a ping.
  void Answered(std::uint64_t ping, Nanos now);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  static constexpr std::size_t kMaxQueuedPerClient = 16;

  JoinReactor(Front& front, HostDirectory& directory, std::shared_ptr<Connection> connection,
              grpc::CallbackServerContext& context, JoinRequest request);
  void Queue(std::string message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Ends the call with `status` and drops what is queued.
  void CutOff(absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Starts the next write, or ends the call if it is closing and everything has been sent.
  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Front& front_;
  HostDirectory& directory_;
  const std::shared_ptr<Connection> connection_;
  grpc::CallbackServerContext& context_;  // lives until OnDone
  const std::vector<ClientId> clients_;
  const bool answers_ping_;
  std::shared_ptr<JoinReactor> self_;  // until OnDone

  // gRPC never runs a reaction inside StartWrite or Finish, so both may be called under the lock;
  // it is what keeps the call alive between the look at `finished_` and the use of it.
  Mutex mutex_;
  std::deque<std::string> queue_ ABSL_GUARDED_BY(mutex_);
  grpc::ByteBuffer message_ ABSL_GUARDED_BY(mutex_);  // being written
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_ ABSL_GUARDED_BY(mutex_);  // how the call ends once closing
  LifeProbe life_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fedround::coordinator
