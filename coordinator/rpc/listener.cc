#include "coordinator/rpc/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"

namespace fedround::coordinator {
namespace {

// What epoll says has happened; a connection's key is its number.
constexpr std::uint64_t kSocketKey = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kWakeKey = kSocketKey - 1;
constexpr int kEventsAtOnce = 64;
// Until the system may have descriptors again when there was none even for the reserve.
constexpr Nanos kPause = 100 * kNanosPerMilli;
// How long a connection that was shut down may take to deliver what is still in its buffer. A peer
// that has vanished keeps it forever.
constexpr Nanos kLinger = kNanosPerSecond;
// The same at the end of the run: whoever is not through by then does not hold up the end.
constexpr Nanos kFinishGrace = 200 * kNanosPerMilli;

bool OutOfDescriptors(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

Fd OpenReserve() { return Fd(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Start(ListeningSocket socket,
                                                          const ConnectionLimits& limits,
                                                          ConnectionTable& table, Serve serve) {
  std::unique_ptr<Listener> listener(
      new Listener(std::move(socket), limits, table, std::move(serve)));
  RETURN_IF_ERROR(listener->Prepare());
  listener->thread_ = std::thread([raw = listener.get()] { raw->Loop(); });
  return listener;
}

Listener::Listener(ListeningSocket socket, const ConnectionLimits& limits, ConnectionTable& table,
                   Serve serve)
    : limits_(limits),
      table_(table),
      serve_(std::move(serve)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      socket_(std::move(socket.fd)),
      reserve_(OpenReserve()) {}

absl::Status Listener::Prepare() {
  MutexLock lock(mutex_);
  if (!reserve_.valid() || !Watch(wake_.get(), EPOLLIN, kWakeKey) ||
      !Watch(socket_.get(), EPOLLIN, kSocketKey)) {
    return ErrnoStatus(errno, "cannot wait for connections");
  }
  return absl::OkStatus();
}

Listener::~Listener() { Finish(); }

void Listener::StopAccepting() {
  {
    MutexLock lock(mutex_);
    socket_ = Fd();
  }
  Wake();
}

void Listener::Finish() {
  if (!thread_.joinable()) return;
  StopAccepting();
  {
    MutexLock lock(mutex_);
    finish_by_ = MonotonicNow() + kFinishGrace;
  }
  Wake();
  thread_.join();
}

void Listener::Wake() {
  const std::uint64_t one = 1;
  CHECK(write(wake_.get(), &one, sizeof(one)) == static_cast<ssize_t>(sizeof(one)));
}

void Listener::Loop() {
  while (!IsDone()) {
    ArmSocket();
    WaitAndReact();
    CutStrangersOfAge();
    EndLingering();
  }
  while (!open_.empty()) End(open_.begin()->second);
}

bool Listener::IsDone() {
  MutexLock lock(mutex_);
  return finish_by_.has_value() && (open_.empty() || now_ >= *finish_by_);
}

void Listener::WaitAndReact() {
  const Nanos wait = std::max<Nanos>(NextDeadline() - now_, 0);
  // Rounded up, or the last millisecond before a deadline would be spent spinning.
  const Nanos wait_ms = std::min<Nanos>((wait + kNanosPerMilli - 1) / kNanosPerMilli, 60'000);
  epoll_event events[kEventsAtOnce];
  const int count = epoll_wait(epoll_.get(), events, kEventsAtOnce, static_cast<int>(wait_ms));
  now_ = MonotonicNow();
  for (int i = 0; i < count; ++i) {
    const std::uint64_t key = events[i].data.u64;
    if (key == kSocketKey) {
      AcceptSome();
    } else if (key == kWakeKey) {
      std::uint64_t ignored = 0;
      [[maybe_unused]] const ssize_t size = read(wake_.get(), &ignored, sizeof(ignored));
    } else if ((events[i].events & EPOLLHUP) != 0) {
      OnHangUp(key);
    }
  }
}

Nanos Listener::NextDeadline() {
  Nanos next = std::numeric_limits<Nanos>::max();
  if (!armed_) next = std::max(pause_until_, budget_.next_refill());
  if (const auto stranger = table_.OldestStranger(); stranger != nullptr) {
    next = std::min(next, stranger->opened_ns() + limits_.stranger_age);
  }
  if (!lingering_.empty()) next = std::min(next, lingering_.front().until);
  MutexLock lock(mutex_);
  return std::min(next, finish_by_.value_or(next));
}

void Listener::ArmSocket() {
  const std::uint64_t authenticated = table_.authenticated();
  budget_.GiveBack(static_cast<std::int64_t>(authenticated - given_back_));
  given_back_ = authenticated;
  const bool may_accept = budget_.Available(now_) && now_ >= pause_until_;
  MutexLock lock(mutex_);
  const bool arm = may_accept || !socket_.valid();  // without a socket there is no need to wake
  if (arm == armed_) return;
  armed_ = arm;
  if (!socket_.valid()) return;
  epoll_event event{.events = arm ? EPOLLIN : 0U, .data = {.u64 = kSocketKey}};
  CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, socket_.get(), &event) == 0);
}

void Listener::AcceptSome() {
  MutexLock lock(mutex_);
  if (!reserve_.valid()) reserve_ = OpenReserve();
  while (budget_.Available(now_) && now_ >= pause_until_ && AcceptOne()) budget_.Spend();
}

// Returns whether one was taken off the queue, or is gone from it.
bool Listener::AcceptOne() {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  Fd fd(accept4(socket_.get(), reinterpret_cast<sockaddr*>(&peer), &size,
                SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd.valid()) {
    Admit(std::move(fd), PeerName(peer));
    return true;
  }
  if (errno == EAGAIN || !socket_.valid()) return false;
  if (OutOfDescriptors(errno)) TurnAwayOne();
  // Any other error is that of a connection that broke before it was accepted.
  return true;
}

void Listener::Admit(Fd fd, std::string peer) {
  Fd duplicate(fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
  if (table_.strangers() >= limits_.max_strangers || open_.size() >= limits_.max_connections ||
      !duplicate.valid()) {
    CutOldestStranger();
  }
  if (open_.size() >= limits_.max_connections || !duplicate.valid()) {
    if (!turned_away_) {
      LogError(absl::StrCat("a connection from ", peer, " was turned away: ", open_.size(),
                            " are open, and no more fit into the limit of open files; raise it "
                            "(ulimit -n) or let fewer clients come at a time"));
    }
    turned_away_ = true;
    return;
  }
  // gRPC sets it on sockets that it accepts itself; without it small messages wait 40 ms for an
  // acknowledgement.
  const int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const int watched = duplicate.get();
  const auto connection = table_.Add(std::move(peer), std::move(duplicate), now_);
  open_.emplace(connection->id(), connection);
  // Edges only, so that a connection which lingers is reported again just when it is over. Its
  // data wakes nobody: EPOLLHUP comes unasked.
  if (!Watch(watched, EPOLLET, connection->id())) {
    End(connection);
    return;
  }
  serve_(std::move(fd));
}

// The first in the queue would stay there for ever, and would wake us for ever.
void Listener::TurnAwayOne() {
  CutOldestStranger();
  reserve_ = Fd();
  { const Fd refused(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }
  reserve_ = OpenReserve();
  if (!reserve_.valid()) pause_until_ = now_ + kPause;
}

bool Listener::Watch(int fd, std::uint32_t events, std::uint64_t key) {
  epoll_event event{.events = events, .data = {.u64 = key}};
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

// Both directions were shut down, but bytes that we sent may still be on their way.
void Listener::OnHangUp(std::uint64_t id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  const std::shared_ptr<Connection> connection = found->second;
  if (connection->IsOver() || table_.IsStranger(*connection)) {
    End(connection);
  } else {
    lingering_.push_back({now_ + kLinger, id});
  }
}

void Listener::CutOldestStranger() {
  const std::shared_ptr<Connection> stranger = table_.OldestStranger();
  if (stranger == nullptr) return;
  stranger->Cut();
  End(stranger);
}

void Listener::EndLingering() {
  while (!lingering_.empty() && lingering_.front().until <= now_) {
    const auto found = open_.find(lingering_.front().id);
    lingering_.pop_front();
    if (found != open_.end()) End(found->second);
  }
}

// All of them once accepting is over: gRPC would wait for them until its grace is used up.
void Listener::CutStrangersOfAge() {
  Nanos age = limits_.stranger_age;
  {
    MutexLock lock(mutex_);
    if (!socket_.valid()) age = 0;
  }
  while (const std::shared_ptr<Connection> stranger = table_.OldestStranger()) {
    if (stranger->opened_ns() > now_ - age) return;
    CutOldestStranger();
  }
}

// By value: what it is called with may live in `open_`.
void Listener::End(std::shared_ptr<Connection> connection) {
  open_.erase(connection->id());
  table_.Remove(connection, now_);
}

}  // namespace fedround::coordinator
