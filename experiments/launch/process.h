// Starts, signals and reaps child processes.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/io/file.h"

namespace fedround::launch {

struct ProcessSpec {
  std::vector<std::string> arguments;  // [0]: the program's path
  std::string log;                     // takes standard error, and standard output unless piped
  bool pipe_output = false;
  bool connect_input = false;       // standard input comes from `StartedProcess::input`
  int inherited_fd = -1;            // a descriptor that the program keeps; -1: none
  int signal_at_parents_death = 0;  // so that nothing outlives the program that started it
};

struct StartedProcess {
  pid_t pid = 0;
  Fd output;  // readable, non-blocking; only with pipe_output
  Fd input;   // a socket to send to; only with connect_input
};

// The path of the program that a shell would run for `name`: `name` itself if it has a slash, else
// the first in PATH that can be run. NOT_FOUND if there is none.
absl::StatusOr<std::string> FindProgram(const std::string& name);

// Starts the program in a process group of its own, with /dev/null as standard input unless it is
// connected, and no signal blocked. The parent's death means the end of the calling thread. Errors:
// NOT_FOUND or PERMISSION_DENIED if the program cannot be run; what the system says about the log,
// the pipe or the fork.
absl::StatusOr<StartedProcess> StartProcess(const ProcessSpec& spec);

// Sends `signal` to the process and everything that it started.
void SignalProcess(pid_t pid, int signal);

struct EndedProcess {
  pid_t pid = 0;
  int wait_status = 0;
  rusage usage{};
};

// A child that has ended and was not returned before, if there is one; whatever it started is
// killed. Never blocks.
std::optional<EndedProcess> ReapProcess();

}  // namespace fedround::launch
