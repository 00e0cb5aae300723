#include "coordinator/rpc/rpc_server.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/ledger/run_folder.h"
#include "common/wire/messages/join_event.h"
#include "coordinator/rpc/grpc_log.h"
#include "coordinator/rpc/listener/connection_table.h"
#include "coordinator/rpc/listener/http2/first_call.h"
#include "coordinator/rpc/listener/listener.h"
#include "coordinator/rpc/service/federation_service.h"
#include "coordinator/rpc/service/fetch_directory.h"
#include "coordinator/rpc/service/host_directory.h"

namespace fedround::coordinator {
namespace {

using Acceptor = grpc::experimental::ExternalConnectionAcceptor;

// Room for a message's header beside its payload.
constexpr std::size_t kMessageOverheadBytes = 64 * 1024;
// A dead peer is noticed after the sum of the first two. A process that shares two cores with a
// thousand others may take seconds to answer a ping.
constexpr int kKeepaliveTimeMs = 20'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
constexpr int kMinPingIntervalMs = 5'000;
constexpr int kHandshakeTimeoutMs = 5'000;
constexpr int kMaxMetadataBytes = 8 * 1024;
// Without this limit gRPC keeps a buffer for a connection's next bytes, as large as what came at
// once before: up to 4 MiB, or a whole update, for each of a thousand idle connections.
constexpr int kMaxReadBytes = 32 * 1024;
// Switched off: this gRPC has it on by default, and it ignores that limit.
constexpr char kExperiments[] = "-tcp_read_chunks";
constexpr std::chrono::milliseconds kLeaveGrace{500};

void Configure(grpc::ServerBuilder& builder, std::size_t chunk_bytes) {
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kMinPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE, kMaxReadBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  builder.SetMaxReceiveMessageSize(static_cast<int>(chunk_bytes + kMessageOverheadBytes));
  // Tensors hardly shrink, and a compressed message could expand to any size.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
}

}  // namespace

struct RpcServer::Impl {
  Impl(Front& front, const RpcServerOptions& options, const ConnectionLimits& limits)
      : connections(options.count_wire),
        service(front, directory, fetches, connections, options.token, options.chunk_bytes,
                limits.max_hosts) {}

  ConnectionTable connections;
  HostDirectory directory;
  FetchDirectory fetches;
  FederationService service;
  std::string address;
  int port = 0;
  std::unique_ptr<Acceptor> acceptor;
  std::unique_ptr<grpc::Server> server;  // null after Shutdown
  std::unique_ptr<Listener> listener;    // hands connections to the acceptor of a live server
};

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(Front& front,
                                                            RpcServerOptions options) {
  RETURN_IF_ERROR(ledger::CheckToken(options.token));
  BoundGrpcLog();
  setenv("GRPC_EXPERIMENTS", kExperiments, /*overwrite=*/0);  // read when gRPC starts, below
  const ConnectionLimits limits = RaiseConnectionLimits();
  ASSIGN_OR_RETURN(ListeningSocket socket, Listen(options.listen));
  auto impl = std::make_unique<Impl>(front, options, limits);
  impl->port = socket.port;
  impl->address = absl::StrCat(HostOf(options.listen), ":", socket.port);

  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  Configure(builder, options.chunk_bytes);
  builder.RegisterService(&impl->service);
  impl->acceptor = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr) return absl::InternalError("gRPC could not start its server");
  const auto serve = [acceptor = impl->acceptor.get()](Fd connection) {
    Acceptor::NewConnectionParameters parameters;
    parameters.fd = connection.release();
    acceptor->HandleNewConnection(&parameters);
  };
  ASSIGN_OR_RETURN(impl->listener,
                   Listener::Start(std::move(socket), limits, std::move(options.token),
                                   impl->connections, serve));
  return std::unique_ptr<RpcServer>(new RpcServer(std::move(impl)));
}

RpcServer::RpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RpcServer::~RpcServer() { Shutdown(std::chrono::milliseconds(0)); }

std::string RpcServer::address() const { return impl_->address; }

int RpcServer::port() const { return impl_->port; }

void RpcServer::Send(const Instruction& instruction) {
  const std::shared_ptr<JoinReactor> host = impl_->directory.Find(instruction.client);
  if (host == nullptr) return;
  host->Send(wire::SerializeInstruction(instruction));
  if (instruction.task == TaskKind::kLeave) host->Close(absl::OkStatus());
}

void RpcServer::ModelWithdrawn(ModelId model) { impl_->fetches.EndCallsOf(model); }

void RpcServer::EndStalled(Nanos step, Nanos limit) { impl_->fetches.EndStalled(step, limit); }

std::vector<ledger::TrafficRecord> RpcServer::TakeTraffic(std::uint32_t round) {
  return impl_->connections.TakeTraffic(round);
}

std::vector<ledger::ConnectionRecord> RpcServer::Connections() {
  return impl_->connections.Connections();
}

void RpcServer::Close() { Shutdown(kLeaveGrace); }

void RpcServer::Shutdown(std::chrono::milliseconds grace) {
  if (impl_->server == nullptr) return;
  impl_->listener->StopAccepting();
  impl_->directory.CloseAll(absl::UnavailableError("the coordinator is shutting down"));
  impl_->server->Shutdown(std::chrono::system_clock::now() + grace);
  impl_->server->Wait();
  impl_->server.reset();
  impl_->listener->Finish();
  if (const std::uint64_t strangers = impl_->connections.strangers_dropped(); strangers > 0) {
    LogInfo(absl::StrCat(strangers, " connections ended without an authenticated call"));
  }
}

}  // namespace fedround::coordinator
