#include "common/base/io/output.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "common/base/exit_code.h"
#include "common/base/io/file.h"
#include "common/base/log.h"

namespace fedround {

void Output::Write(absl::string_view text) {
  while (status_.ok() && !text.empty()) {
    const ssize_t count = write(STDOUT_FILENO, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {  // another program that shares it made it non-blocking
      pollfd wait = {STDOUT_FILENO, POLLOUT, 0};
      poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      status_ = ErrnoStatus(errno, "standard output");
    }
  }
}

int PrintAndEnd(absl::string_view text) {
  Output output;
  output.Write(text);
  if (output.status().ok()) return exit_code::kDone;
  LogError(output.status().message());
  return exit_code::kEnvironment;
}

void ReserveStandardDescriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // open() takes the lowest free descriptor, which is this one.
    [[maybe_unused]] const int taken = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace fedround
