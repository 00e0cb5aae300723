#include "coordinator/rpc/rpc_server.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <sys/resource.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/wire/join_event.h"
#include "coordinator/rpc/federation_service.h"
#include "coordinator/rpc/host_directory.h"

namespace fedround::coordinator {
namespace {

// Room for a message's header beside its payload.
constexpr std::size_t kMessageOverheadBytes = 64 * 1024;
// A dead peer is noticed after the sum of the first two. A process that shares two cores with a
// thousand others may take seconds to answer a ping.
constexpr int kKeepaliveTimeMs = 20'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
constexpr int kMinPingIntervalMs = 5'000;
constexpr int kHandshakeTimeoutMs = 5'000;
constexpr int kMaxMetadataBytes = 8 * 1024;
// A client in another language may use one connection for its Join and all its tasks.
constexpr int kMaxStreamsPerConnection = 8;

// Each client holds a connection, and this gRPC never accepts again once it ran out of descriptors
// (CVE-2023-4785): so take as many as the system allows.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void Configure(grpc::ServerBuilder& builder, std::size_t chunk_bytes) {
  // Otherwise two coordinators would share a port, and clients would reach either.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             kMinPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  builder.SetMaxReceiveMessageSize(static_cast<int>(chunk_bytes + kMessageOverheadBytes));
  // Tensors hardly shrink, and a compressed message could unfold to any size.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
}

}  // namespace

struct RpcServer::Impl {
  Impl(Coordinator& coordinator, const RpcServerOptions& options)
      : service(coordinator, directory, options.token, options.chunk_bytes) {}

  HostDirectory directory;
  FederationService service;
  std::string host;
  int port = 0;
  std::unique_ptr<grpc::Server> server;  // null after Shutdown
};

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(Coordinator& coordinator,
                                                            RpcServerOptions options) {
  const std::size_t colon = options.listen.rfind(':');
  if (colon == std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("listen address \"", options.listen, "\": must be host:port"));
  }
  if (options.token.empty()) return absl::InvalidArgumentError("the token must not be empty");
  RaiseDescriptorLimit();
  auto impl = std::make_unique<Impl>(coordinator, options);
  impl->host = options.listen.substr(0, colon);

  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  Configure(builder, options.chunk_bytes);
  builder.RegisterService(&impl->service);
  builder.AddListeningPort(options.listen, grpc::InsecureServerCredentials(), &impl->port);
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr || impl->port == 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", options.listen,
                                               ": another program has this port, or the address is "
                                               "not this machine's; port 0 takes a free one"));
  }
  return std::unique_ptr<RpcServer>(new RpcServer(std::move(impl)));
}

RpcServer::RpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RpcServer::~RpcServer() { Shutdown(std::chrono::milliseconds(0)); }

std::string RpcServer::address() const { return absl::StrCat(impl_->host, ":", impl_->port); }

int RpcServer::port() const { return impl_->port; }

void RpcServer::Send(const Instruction& instruction) {
  const std::shared_ptr<JoinReactor> host = impl_->directory.Find(instruction.client);
  if (host == nullptr) return;
  host->Send(wire::SerializeInstruction(instruction));
  if (instruction.task == TaskKind::kLeave) host->Close(absl::OkStatus());
}

void RpcServer::Shutdown(std::chrono::milliseconds grace) {
  if (impl_->server == nullptr) return;
  impl_->directory.CloseAll(absl::UnavailableError("the coordinator is shutting down"));
  impl_->server->Shutdown(std::chrono::system_clock::now() + grace);
  impl_->server->Wait();
  impl_->server.reset();
}

}  // namespace fedround::coordinator
