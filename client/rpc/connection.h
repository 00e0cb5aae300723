// A connection to the coordinator, and its methods as blocking calls over raw bytes.
//
// These are the calls that a generated stub makes, but with grpc::ByteBuffer as the message type: a
// stub copies every tensor through a std::string, and the generic stub has no blocking calls (a
// callback client costs more CPU). Thread-safe; each connection has a socket of its own.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/impl/rpc_method.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/sync_stream.h>

#include <memory>
#include <string>

namespace fedround::client {

using Reader = grpc::ClientReader<grpc::ByteBuffer>;
using Writer = grpc::ClientWriter<grpc::ByteBuffer>;

class Connection {
 public:
  // Connects with the first call.
  explicit Connection(const std::string& address);

  std::unique_ptr<Reader> Join(grpc::ClientContext& context, const grpc::ByteBuffer& request);
  std::unique_ptr<Reader> FetchModel(grpc::ClientContext& context, const grpc::ByteBuffer& request);
  // `response` is filled by the writer's Finish.
  std::unique_ptr<Writer> SubmitUpdate(grpc::ClientContext& context, grpc::ByteBuffer& response);
  grpc::Status ReportCost(grpc::ClientContext& context, const grpc::ByteBuffer& request);
  grpc::Status Pong(grpc::ClientContext& context, const grpc::ByteBuffer& request);

 private:
  // A call whose response is empty.
  grpc::Status Tell(const grpc::internal::RpcMethod& method, grpc::ClientContext& context,
                    const grpc::ByteBuffer& request);

  const std::shared_ptr<grpc::Channel> channel_;
  const grpc::internal::RpcMethod join_;
  const grpc::internal::RpcMethod fetch_model_;
  const grpc::internal::RpcMethod submit_update_;
  const grpc::internal::RpcMethod report_cost_;
  const grpc::internal::RpcMethod pong_;
};

}  // namespace fedround::client
