// Accepts connections, hands those that speak to gRPC and watches for their end.
//
//   Start -> StopAccepting -> (the server ends its calls and connections) -> Finish
//
// This is not gRPC's own listener, because that one never accepts again once it ran out of
// descriptors (CVE-2023-4785), knows no limit of connections, and hides the sockets whose bytes the
// ledger counts. It keeps each descriptor and gives gRPC a duplicate; gRPC shuts a connection down
// before it closes its own, so the peer sees the end at once all the same.
//
// It also keeps strangers away from gRPC. What one of them makes gRPC hold has no limit (it answers
// calls whose answers nobody reads, logs what they say, and counts streams only for a peer that has
// acknowledged the limit), so gRPC gets a connection only when the headers of its first call are
// there and show the token. Until then its bytes are looked at where they are, in the socket, a
// bounded number of times, and stay there for gRPC to read. So a stranger costs a descriptor and
// what the kernel holds for it; a flood of them is drained so fast that a client in the middle of
// it hardly waits.
//
// One thread, owned and joined, waits for everything. It never spins: what it may not do yet
// (accept beyond the budget, cut a stranger) has a time at which it wakes.
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
  // Serves a connection on the descriptor, which it takes over. Called on the listener's thread.
  using Serve = std::function<void(Fd connection)>;

  // Serves those whose first call shows `token`. `table` must outlive the listener.
  // Errors: UNKNOWN, with the system's words, if no descriptor is left to start with.
  static absl::StatusOr<std::unique_ptr<Listener>> Start(ListeningSocket socket,
                                                         const ConnectionLimits& limits,
                                                         std::string token, ConnectionTable& table,
                                                         Serve serve);
  // Finishes, if that was not done before.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Once this returns, `serve` is not called any more and the port is free.
  void StopAccepting();
  // Waits a moment for connections to end, then takes the last counters of all that are open.
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
  // Has the socket wake the thread only while it may accept.
  void ArmSocket();
  bool MayAccept();
  void AcceptSome();
  bool AcceptOne() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Admit(Fd fd, std::string peer);
  void TurnAwayOne() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void React(std::uint64_t id, std::uint32_t events);
  void HearSome();
  // Looks at what has come on a connection and decides what becomes of it.
  void Hear(std::uint64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ServeOne(std::uint64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CutStrangersOfAge();

  const ConnectionLimits limits_;
  const std::string token_;
  ConnectionTable& table_;
  const Serve serve_;
  Fd epoll_;
  Fd wake_;  // an eventfd: the thread is to look at what it is asked for

  Mutex mutex_;
  Fd socket_ ABSL_GUARDED_BY(mutex_);  // none once accepting is over
  std::optional<Nanos> finish_by_ ABSL_GUARDED_BY(mutex_);

  // The thread's own.
  Nanos now_ = MonotonicNow();  // read once a turn
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
