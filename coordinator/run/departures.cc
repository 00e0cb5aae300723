#include "coordinator/run/departures.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/base/check.h"
#include "common/base/ranges.h"

namespace fedround::coordinator {
namespace {

// A longer line is not a valid one.
constexpr std::size_t kLongestLine = 1 << 20;

}  // namespace

Departures::Departures(int fd, std::function<void(const std::vector<ClientId>&)> on_gone)
    : fd_(fd),
      on_gone_(std::move(on_gone)),
      quit_(eventfd(0, EFD_CLOEXEC)),
      thread_([this] { Loop(); }) {}

Departures::~Departures() {
  const std::uint64_t one = 1;
  CHECK(write(quit_.get(), &one, sizeof(one)) == static_cast<ssize_t>(sizeof(one)));
  thread_.join();
}

void Departures::Loop() {
  pollfd waits[] = {{quit_.get(), POLLIN, 0}, {fd_, POLLIN, 0}};
  while (true) {
    if (poll(waits, 2, -1) < 0) continue;  // interrupted
    if (waits[0].revents != 0 || !TakeInput()) return;
  }
}

bool Departures::TakeInput() {
  char buffer[4096];
  const ssize_t count = read(fd_, buffer, sizeof(buffer));
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (count <= 0 || pending_.size() > kLongestLine) return false;
  pending_.append(buffer, static_cast<std::size_t>(count));
  std::size_t begin = 0;
  for (std::size_t end; (end = pending_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    absl::string_view line = absl::string_view(pending_).substr(begin, end - begin);
    if (!absl::ConsumePrefix(&line, "gone ")) continue;
    if (const auto clients = ParseRanges(line); clients.ok()) on_gone_(*clients);
  }
  pending_.erase(0, begin);
  return true;
}

}  // namespace fedround::coordinator
