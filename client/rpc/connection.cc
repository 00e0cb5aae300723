#include "client/rpc/connection.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/impl/client_unary_call.h>
#include <grpcpp/security/credentials.h>

#include "common/wire/messages/join_event.h"

namespace fedround::client {
namespace {

using grpc::internal::RpcMethod;

// A chunk of a model, or a Welcome.
constexpr int kMaxMessageBytes = static_cast<int>(wire::kMaxChunkBytes) + 64 * 1024;
// A dead coordinator is noticed after the sum of these two times. They are long because a machine
// that runs a thousand clients on two cores may take seconds to answer a ping.
constexpr int kKeepaliveTimeMs = 20'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
// How long one attempt to connect may take (gRPC's own name for it is misleading).
constexpr int kConnectTimeoutMs = 5'000;

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  // Otherwise equal channels would share a socket, and its bytes would not belong to one client.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeoutMs);
  // With retries, gRPC would keep everything that was sent until the server answers.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

Connection::Connection(const std::string& address)
    : channel_(OpenChannel(address)),
      join_("/fedround.v1.FederationService/Join", RpcMethod::SERVER_STREAMING, channel_),
      fetch_model_("/fedround.v1.FederationService/FetchModel", RpcMethod::SERVER_STREAMING,
                   channel_),
      submit_update_("/fedround.v1.FederationService/SubmitUpdate", RpcMethod::CLIENT_STREAMING,
                     channel_),
      report_cost_("/fedround.v1.FederationService/ReportCost", RpcMethod::NORMAL_RPC, channel_),
      pong_("/fedround.v1.FederationService/Pong", RpcMethod::NORMAL_RPC, channel_) {}

std::unique_ptr<Reader> Connection::Join(grpc::ClientContext& context,
                                         const grpc::ByteBuffer& request) {
  return std::unique_ptr<Reader>(grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(
      channel_.get(), join_, &context, request));
}

std::unique_ptr<Reader> Connection::FetchModel(grpc::ClientContext& context,
                                               const grpc::ByteBuffer& request) {
  return std::unique_ptr<Reader>(grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(
      channel_.get(), fetch_model_, &context, request));
}

std::unique_ptr<Writer> Connection::SubmitUpdate(grpc::ClientContext& context,
                                                 grpc::ByteBuffer& response) {
  return std::unique_ptr<Writer>(grpc::internal::ClientWriterFactory<grpc::ByteBuffer>::Create(
      channel_.get(), submit_update_, &context, &response));
}

grpc::Status Connection::ReportCost(grpc::ClientContext& context, const grpc::ByteBuffer& request) {
  return Tell(report_cost_, context, request);
}

grpc::Status Connection::Pong(grpc::ClientContext& context, const grpc::ByteBuffer& request) {
  return Tell(pong_, context, request);
}

grpc::Status Connection::Tell(const RpcMethod& method, grpc::ClientContext& context,
                              const grpc::ByteBuffer& request) {
  grpc::ByteBuffer response;
  return grpc::internal::BlockingUnaryCall(channel_.get(), method, &context, request, &response);
}

}  // namespace fedround::client
