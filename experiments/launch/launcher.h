// Starts the processes of a run and watches them until their end.
//
// A launcher decides where processes run, but not how a run ended: the coordinator says that, in
// RUN/status.json.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/ledger/records.h"
#include "common/ledger/run_event.h"
#include "common/round/types.h"

namespace fedround {
struct Experiment;
}

namespace fedround::launch {

struct LaunchSpec {
  std::string folder;                        // of the run; holds config.toml
  std::vector<std::string> command;          // the one that started the run, for its manifest
  std::string replay;                        // a run folder; empty: none
  int lock_fd = -1;                          // the folder's lock, which the coordinator inherits
  std::vector<std::vector<ClientId>> hosts;  // the clients of each client process
  std::vector<std::string> client_command;   // launch.client_command; empty: the client program
};

// One process, after its end.
struct ProcessReport {
  std::string name;               // "coordinator", "client-3", "client-0-4"
  std::vector<ClientId> clients;  // those that it hosted; none: the coordinator
  std::string log;                // path
  int exit_code = 0;              // 128 + signal if it was killed
  Nanos cpu_ns = 0;
  std::uint64_t peak_rss_bytes = 0;
};

// A process that ended before its time.
struct ProcessDeath {
  std::string name;
  std::vector<ClientId> clients;
  std::string log;
  std::string how;                      // "exit code 7", "killed by signal 9 (Killed)"
  std::vector<std::string> last_lines;  // of its log
};

// What is reported while the run goes on.
struct LaunchObserver {
  // `line` is the event as the coordinator wrote it.
  std::function<void(const ledger::RunEvent& event, absl::string_view line)> on_event;
  std::function<void(const ProcessDeath& death)> on_death;
};

struct LaunchReport {
  // The coordinator's; a substitute ("failed", exit code 1) if it left none; `crash` then says why.
  ledger::Verdict verdict;
  std::optional<ProcessDeath> crash;  // the coordinator's own
  std::vector<ProcessDeath> deaths;   // client processes', in order
  ProcessReport coordinator;
  std::vector<ProcessReport> hosts;  // in the order of LaunchSpec.hosts
};

class Launcher {
 public:
  virtual ~Launcher() = default;

  // Returns when all processes have ended, by themselves or not. Meanwhile SIGINT and SIGTERM are
  // passed on to the coordinator; one that comes more than kSameStop after the first ends
  // everything at once. Errors: NOT_FOUND if a program to start is missing; what the system says if
  // a process cannot be started; nothing is left running then.
  virtual absl::StatusOr<LaunchReport> Launch(const LaunchSpec& spec,
                                              const LaunchObserver& observer) = 0;
};

// Deals clients 0 .. `clients`-1 to `processes` hosts, in ranges of consecutive ids whose lengths
// differ by at most one. 0 processes: one for each client; never more processes than clients.
std::vector<std::vector<ClientId>> SpreadClients(std::uint64_t clients, std::uint64_t processes);

// Errors: INVALID_ARGUMENT if the experiment does not name the number of processes and has more
// clients than anybody would want processes, or if it needs a client program and names none.
absl::Status CheckProcesses(const Experiment& experiment);

}  // namespace fedround::launch
