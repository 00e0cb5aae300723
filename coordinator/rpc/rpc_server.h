// The coordinator on the network: a listener, the federation service and gRPC's health service, all
// of them only for peers whose first call on a connection shows the token.
//
//   Start -> Coordinator::Run(server) -> Shutdown -> destroy, all before the Coordinator goes.
//
// As the coordinator's ClientGateway it posts each instruction to the Join call of its client; a
// LEAVE also ends that call. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/client_gateway.h"
#include "coordinator/front.h"

namespace fedround::coordinator {

struct RpcServerOptions {
  std::string listen = "127.0.0.1:0";  // host:port; port 0: any free one
  std::string token;                   // every call must carry it; see ledger::CheckToken
  std::size_t chunk_bytes = 1 << 20;   // largest payload of one message
  bool count_wire = true;              // read the kernel's byte counts of each connection
};

class RpcServer final : public ClientGateway {
 public:
  // Serves as soon as it returns. Errors: INVALID_ARGUMENT for a token that no client can show or a
  // malformed address; UNAVAILABLE if nothing can listen there, because the port is taken or the
  // address is not this machine's.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(Front& front, RpcServerOptions options);
  // Shuts down without grace, unless that was done.
  ~RpcServer() override;

  // "host:port" with the port that is actually in use.
  std::string address() const;
  int port() const;

  void Send(const Instruction& instruction) override;
  void ModelWithdrawn(ModelId model) override;
  void EndStalled(Nanos step, Nanos limit) override;
  // These two may be called after Shutdown, when all counters are final. They leave out connections
  // on which no call was authenticated.
  std::vector<ledger::TrafficRecord> TakeTraffic(std::uint32_t round) override;
  std::vector<ledger::ConnectionRecord> Connections() override;
  // Shutdown, with the grace that a LEAVE needs to arrive.
  void Close() override;

  // Ends all calls. What is queued for a host (its LEAVE) gets up to `grace` to reach it; then the
  // rest is cut. Returns shortly after `grace` at the latest, whatever the peers do.
  void Shutdown(std::chrono::milliseconds grace);

 private:
  struct Impl;
  explicit RpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fedround::coordinator
