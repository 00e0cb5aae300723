// The coordinator on the network: a listener, the federation service and gRPC's health service, all
// of them for those whose first call on a connection shows the token.
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
  // Serves from the moment it returns.
  // Errors: INVALID_ARGUMENT for a token that cannot be shown or an address that is none;
  // UNAVAILABLE if nothing can listen there, because the port is taken or the address is not this
  // machine's.
  static absl::StatusOr<std::unique_ptr<RpcServer>> Start(Front& front, RpcServerOptions options);
  // Shuts down without grace, if that was not done before.
  ~RpcServer() override;

  // "host:port" with the port that is really in use.
  std::string address() const;
  int port() const;

  void Send(const Instruction& instruction) override;
  void ModelWithdrawn(ModelId model) override;
  void EndStalled(Nanos step, Nanos limit) override;
  // Also after Shutdown, when all counters are final. Connections on which no call was
  // authenticated are in neither.
  std::vector<ledger::TrafficRecord> TakeTraffic(std::uint32_t round) override;
  std::vector<ledger::ConnectionRecord> Connections() override;
  // Shutdown with the time that a LEAVE needs to arrive.
  void Close() override;

  // Ends all calls. What is queued for a host (its LEAVE) gets up to `grace` to reach it; then
  // whatever is left is cut. Returns within `grace` and a moment, whatever the peers do.
  void Shutdown(std::chrono::milliseconds grace);

 private:
  struct Impl;
  explicit RpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fedround::coordinator
