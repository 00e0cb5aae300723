#include "experiments/launch/process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"

namespace fedround::launch {
namespace {

constexpr int kCannotRun = 127;

struct Pipe {
  Fd read;
  Fd write;
};

absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return ErrnoStatus(errno, "pipe");
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
  if (fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK) != 0) return ErrnoStatus(errno, "pipe");
  return pipe;
}

// What the program reads as its standard input: the other end of `ours`, or nothing.
absl::StatusOr<Fd> MakeInput(const ProcessSpec& spec, Fd& ours) {
  if (spec.connect_input) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
      return ErrnoStatus(errno, "socket");
    }
    ours = Fd(ends[0]);
    return Fd(ends[1]);
  }
  Fd nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!nothing.valid()) return ErrnoStatus(errno, "/dev/null");
  return nothing;
}

// Runs between fork and exec, so it may only call what is safe there.
[[noreturn]] void BecomeProgram(const ProcessSpec& spec, char* const* arguments, int input,
                                int output, int error, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, spec.signal_at_parents_death);
  if (getppid() != parent) _exit(kCannotRun);  // it died before it could be watched
  // What is ignored stays so across exec: in the background of a script, a program that is still
  // starting would not hear that it should stop.
  for (const int number : {SIGPIPE, SIGINT, SIGTERM}) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (spec.inherited_fd >= 0) fcntl(spec.inherited_fd, F_SETFD, 0);
  if (dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
      dup2(error, STDERR_FILENO) >= 0) {
    execv(arguments[0], arguments);
  }
  _exit(kCannotRun);
}

}  // namespace

absl::StatusOr<std::string> FindProgram(const std::string& name) {
  if (absl::StrContains(name, '/')) return name;
  const char* const path = std::getenv("PATH");
  for (const absl::string_view folder : absl::StrSplit(path == nullptr ? "" : path, ':')) {
    std::string file = absl::StrCat(folder.empty() ? "." : folder, "/", name);
    if (access(file.c_str(), X_OK) == 0) return file;
  }
  return absl::NotFoundError(absl::StrCat(name, ": there is no such program in PATH"));
}

absl::StatusOr<StartedProcess> StartProcess(const ProcessSpec& spec) {
  const std::string& program = spec.arguments.front();
  if (access(program.c_str(), X_OK) != 0) return ErrnoStatus(errno, program);
  StartedProcess started;
  ASSIGN_OR_RETURN(const Fd input, MakeInput(spec, started.input));
  // Somebody else who can write to the folder may have put a link there, which must not be
  // followed, or a pipe that nobody reads, which must not be waited for.
  const Fd log(open(spec.log.c_str(),
                    O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
                    0644));
  if (!log.valid()) return ErrnoStatus(errno, spec.log);
  Pipe pipe;
  if (spec.pipe_output) {
    ASSIGN_OR_RETURN(pipe, MakePipe());
  }
  std::vector<char*> arguments;
  for (const std::string& argument : spec.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);

  const pid_t parent = getpid();
  started.pid = fork();
  if (started.pid < 0) return ErrnoStatus(errno, absl::StrCat("start ", program));
  if (started.pid == 0) {
    BecomeProgram(spec, arguments.data(), input.get(),
                  spec.pipe_output ? pipe.write.get() : log.get(), log.get(), parent);
  }
  setpgid(started.pid, started.pid);  // the child does it as well; one of us is before any signal
  started.output = std::move(pipe.read);
  return started;
}

void SignalProcess(pid_t pid, int signal) { kill(-pid, signal); }

std::optional<EndedProcess> ReapProcess() {
  siginfo_t info{};
  if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) {
    return std::nullopt;
  }
  // While it is a zombie, nobody else can get its group's id.
  SignalProcess(info.si_pid, SIGKILL);
  EndedProcess ended;
  ended.pid = wait4(info.si_pid, &ended.wait_status, 0, &ended.usage);
  return ended;
}

}  // namespace fedround::launch
