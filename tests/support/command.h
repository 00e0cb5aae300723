// Runs programs as a user would, and never longer than a limit.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include "tests/support/paths.h"

namespace fedround::testing {

struct CommandResult {
  int exit_code = -1;  // 128 + signal if it was killed
  std::string out;
  std::string err;
};

// What a child process may not exceed.
struct ResourceLimit {
  decltype(RLIMIT_NOFILE) resource;
  rlimit value;
};

// A child process whose output is collected.
class Command {
 public:
  // `arguments[0]` is a program of the build, by its name.
  explicit Command(std::vector<std::string> arguments,
                   const std::vector<ResourceLimit>& limits = {}) {
    arguments[0] = std::string(FEDROUND_BINARY_DIR) + "/" + arguments[0];
    int out[2], err[2];
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) std::abort();
    pid_ = fork();
    if (pid_ == 0) {
      setpgid(0, 0);
      // A write beyond a limit fails, as on a full disk; it does not kill.
      std::signal(SIGXFSZ, SIG_IGN);
      for (const ResourceLimit& limit : limits) setrlimit(limit.resource, &limit.value);
      dup2(out[1], STDOUT_FILENO);
      dup2(err[1], STDERR_FILENO);
      std::vector<char*> raw;
      for (std::string& argument : arguments) raw.push_back(argument.data());
      raw.push_back(nullptr);
      execv(raw[0], raw.data());
      _exit(127);
    }
    close(out[1]);
    close(err[1]);
    out_ = out[0];
    err_ = err[0];
  }
  ~Command() {
    if (!reaped_) {
      kill(-pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(out_);
    close(err_);
  }
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal) const { kill(pid_, signal); }

  // Reads until `text` has appeared on standard output. False if the program ends or the limit
  // comes first.
  bool WaitForOutput(const std::string& text,
                     std::chrono::seconds limit = std::chrono::seconds(60)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (result_.out.find(text) == std::string::npos) {
      if (!ReadSome(deadline)) return false;
    }
    return true;
  }

  // Waits for its end; fails the test if that takes longer than the limit.
  CommandResult Finish(std::chrono::seconds limit = std::chrono::seconds(120)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (ReadSome(deadline)) {
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      ADD_FAILURE() << "still running after " << limit.count() << " s; it said:\n"
                    << result_.out << result_.err;
      kill(-pid_, SIGKILL);
    }
    int status = 0;
    waitpid(pid_, &status, 0);
    reaped_ = true;
    result_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result_;
  }

 private:
  // False at the end of both streams, or at the deadline.
  bool ReadSome(std::chrono::steady_clock::time_point deadline) {
    pollfd streams[] = {{out_open_ ? out_ : -1, POLLIN, 0}, {err_open_ ? err_ : -1, POLLIN, 0}};
    if (!out_open_ && !err_open_) return false;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0 || poll(streams, 2, static_cast<int>(left.count())) <= 0) return false;
    if (streams[0].revents != 0) out_open_ = Drain(out_, result_.out);
    if (streams[1].revents != 0) err_open_ = Drain(err_, result_.err);
    return true;
  }
  static bool Drain(int fd, std::string& into) {
    char buffer[4096];
    const ssize_t count = read(fd, buffer, sizeof(buffer));
    if (count > 0) into.append(buffer, static_cast<std::size_t>(count));
    return count > 0;
  }

  pid_t pid_ = -1;
  int out_ = -1, err_ = -1;
  bool out_open_ = true, err_open_ = true, reaped_ = false;
  CommandResult result_;
};

inline CommandResult RunCommand(std::vector<std::string> arguments) {
  return Command(std::move(arguments)).Finish();
}

}  // namespace fedround::testing
