#include "common/base/compute_slot.h"

#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/resource_usage.h"
#include "common/base/status_macros.h"

namespace fedround {
namespace {

void PinToCore(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  sched_setaffinity(0, sizeof(set), &set);  // best effort: a missing core only costs the pinning
}

// DEADLINE_EXCEEDED or CANCELLED if it is time to give up.
absl::Status CheckPatience(const std::atomic<bool>& stop, Nanos deadline) {
  if (stop) return absl::CancelledError("stopped while waiting for a compute slot");
  if (MonotonicNow() >= deadline) return absl::DeadlineExceededError("no compute slot in time");
  return absl::OkStatus();
}

// flock cannot wait for any of several files. So the first in the queue listens for a datagram,
// which whoever gives a slot back sends. The address is in the abstract namespace: it goes with its
// socket, and needs no file.
class Bell {
 public:
  explicit Bell(absl::string_view folder) {
    address_.sun_family = AF_UNIX;
    const std::string name = absl::StrCat("fedround-slots:", folder);
    const std::size_t size = std::min(name.size(), sizeof(address_.sun_path) - 1);
    std::memcpy(address_.sun_path + 1, name.data() + name.size() - size, size);
    length_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + size);
  }
  // Nobody may hear it.
  void Ring() const {
    const Fd socket_fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket_fd.valid()) return;
    sendto(socket_fd.get(), "", 1, MSG_NOSIGNAL, Address(), length_);
  }
  // For the first in the queue, of whom there is one.
  void Listen() {
    socket_ = Fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (socket_.valid()) bind(socket_.get(), Address(), length_);
  }
  // Until it rings, or `period` has passed.
  void Wait(Nanos period) const {
    pollfd ring{socket_.get(), POLLIN, 0};
    const timespec timeout{0, period};
    ppoll(&ring, 1, &timeout, nullptr);
    for (char byte = 0; recv(socket_.get(), &byte, 1, 0) > 0;) {
    }
  }

 private:
  const sockaddr* Address() const { return reinterpret_cast<const sockaddr*>(&address_); }
  sockaddr_un address_{};
  socklen_t length_ = 0;
  Fd socket_;
};

// A holder that was killed rings no bell.
constexpr Nanos kLookAnyway = 5 * kNanosPerMilli;

}  // namespace

absl::StatusOr<ComputeSlots> ComputeSlots::Open(int count, bool pin) {
  const char* const runtime = std::getenv("XDG_RUNTIME_DIR");
  const std::string folder =
      runtime != nullptr && *runtime != '\0'
          ? absl::StrCat(runtime, "/fedround-slots")
          : absl::StrCat("/tmp/fedround-slots-", static_cast<unsigned>(getuid()));
  RETURN_IF_ERROR(MakePrivateFolder(folder));
  return ComputeSlots(folder, count > 0 ? count : UsableCores(), pin);
}

ComputeSlots::Slot::~Slot() {
  if (folder_.empty()) return;
  lock_.reset();
  Bell(folder_).Ring();
}

absl::StatusOr<std::optional<ComputeSlots::Slot>> ComputeSlots::TryTake() const {
  for (int i = 0; i < count_; ++i) {
    auto lock = FileLock::TryAcquire(absl::StrCat(folder_, "/slot-", i));
    if (absl::IsFailedPrecondition(lock.status())) continue;
    RETURN_IF_ERROR(lock.status());
    if (pin_) PinToCore(i);
    return Slot(*std::move(lock), folder_);
  }
  return std::nullopt;
}

absl::StatusOr<ComputeSlots::Slot> ComputeSlots::Take(const std::atomic<bool>& stop,
                                                      Nanos deadline) const {
  const auto give_up = [&] { return CheckPatience(stop, deadline); };
  auto queue = FileLock::TryAcquire(folder_ + "/queue");
  if (absl::IsFailedPrecondition(queue.status())) {
    queue = FileLock::AcquireUnless(folder_ + "/queue", give_up);
  }
  RETURN_IF_ERROR(queue.status());
  Bell bell(folder_);
  bell.Listen();  // before the first look: a bell between look and wait would be missed
  while (true) {
    ASSIGN_OR_RETURN(std::optional<Slot> slot, TryTake());
    if (slot.has_value()) return *std::move(slot);
    RETURN_IF_ERROR(give_up());
    bell.Wait(kLookAnyway);
  }
}

}  // namespace fedround
