// Accepts connections, hands those of clients to gRPC and watches for their end.
//
//   Start -> StopAccepting -> (the server ends its calls and connections) -> Finish
//
// gRPC's own listener will not do: it never accepts again once it ran out of descriptors
// (CVE-2023-4785), has no limit of connections, and hides the sockets whose bytes the ledger
// counts. This one keeps each descriptor and gives gRPC a duplicate; gRPC shuts a connection down
// before it closes its own, so the peer still sees the end at once.
//
// It also keeps strangers away from gRPC. How much a stranger can make gRPC hold has no limit (it
// answers calls whose answers nobody reads, logs what they say, and counts streams only for a peer
// that has acknowledged the limit). So gRPC gets a connection only when the headers of its first
// call have come and show the token. Until then its bytes are looked at in the socket, a bounded
// number of times, and stay there for gRPC to read. So a stranger costs a descriptor and what the
// kernel holds for it; a flood of them is drained so fast that a client among them hardly waits.
//
// One thread, owned and joined, waits for everything. It never spins: for everything that it may
// not do yet (accept beyond the budget, cut a stranger) it knows the time at which to wake.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/io/file.h"
#include "common/base/mutex.h"
#include "coordinator/rpc/listener/budget.h"
#include "coordinator/rpc/listener/connection_limits.h"
#include "coordinator/rpc/listener/connection_table.h"
#include "coordinator/rpc/listener/listening_socket.h"
#include "coordinator/rpc/listener/open_connections.h"

namespace fedround::coordinator {

class Listener {
 public:
  // Takes over the descriptor and serves its connection. Called on the listener's thread.
  using Serve = std::function<void(Fd connection)>;

  // Serves those whose first call shows `token`. `table` must outlive the listener.
  // Errors: UNKNOWN, with the system's words, if no descriptor is left to start with.
  static absl::StatusOr<std::unique_ptr<Listener>> Start(ListeningSocket socket,
                                                         const ConnectionLimits& limits,
                                                         std::string token, ConnectionTable& table,
                                                         Serve serve);
  // Calls Finish unless that was done.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // When this has returned, `serve` is not called any more and the port is free.
  void StopAccepting();
  // Waits a moment for connections to end, then reads the last counters of those still open.
  void Finish();

 private:
  Listener(ListeningSocket socket, const ConnectionLimits& limits, std::string token,
           ConnectionTable& table, Serve serve);
  absl::Status Prepare();
  void Wake();

  // ---- on the thread ----

  void Loop();
  void WaitAndReact();
  bool IsDone();
  Nanos NextDeadline();
  bool Watch(int operation, int fd, std::uint32_t events, std::uint64_t key);
  // Lets the socket wake the thread only while it may accept.
  void ArmSocket();
  bool MayAccept();
  void AcceptSome();
  bool AcceptOne() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Admit(Fd fd, std::string peer);
  void TurnAwayOne() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void React(std::uint64_t id, std::uint32_t events);
  void HearSome();
  // Looks at what has come on a connection and decides what to do with it.
  void Hear(std::uint64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ServeOne(std::uint64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CutStrangersOfAge();

  const ConnectionLimits limits_;
  const std::string token_;
  ConnectionTable& table_;
  const Serve serve_;
  Fd epoll_;
  Fd wake_;  // an eventfd: there is a new request for the thread

  Mutex mutex_;
  Fd socket_ ABSL_GUARDED_BY(mutex_);  // none once accepting is over
  std::optional<Nanos> finish_by_ ABSL_GUARDED_BY(mutex_);

  // The thread's own.
  Nanos now_ = MonotonicNow();  // read once per turn
  Budget accept_budget_;
  Budget look_budget_;
  std::vector<char> heard_;  // what the last look saw
  bool armed_ = true;
  Fd reserve_;             // given up to turn a peer away when no other descriptor is left
  Nanos pause_until_ = 0;  // no accepting before
  bool turned_away_ = false;
  OpenConnections open_;
  std::thread thread_;
};

}  // namespace fedround::coordinator
