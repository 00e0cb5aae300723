// One thread over one epoll; what it may do is limited by budgets, never by what peers do.
//
// What is hard: anybody who can reach the port decides how many connections come and what they say,
// and each of them costs time and a descriptor before it is known whether it is a client. The bound
// that is wanted is on our side: a small share of one core, a fixed number of descriptors, and no
// client that waits for long because of a stranger.
//
// The life of a connection, and what each step of it costs from:
//
//   in the backlog  nothing. It is accepted while accept_budget_ lasts (10,000 per second) and
//                   fewer than kMostUnheard wait for their first look
//   silent          a descriptor. When there are too many strangers, the oldest is cut, unless it
//                   is still in its grace
//   speaking        one unit of look_budget_ (4000 per second) for each look at what it has sent;
//                   the bytes stay in the socket, for gRPC. kMostLooks per connection
//   served          its first call showed the token: gRPC gets a duplicate of the descriptor, and
//                   look_budget_ gets back its looks, so that many clients get in fast
//   refused         its first call did not: one write answers it, and it lingers for a moment so
//                   that the peer can read that
//
// Out of descriptors, accept() fails and the connection stays first in the backlog, which would
// wake us for ever. So one descriptor is held in reserve: it is closed, the connection accepted
// with it and dropped, and the reserve opened again.
//
// Every wait has an end (NextDeadline), and what may not be done yet is disarmed rather than
// polled.
#include "coordinator/rpc/listener/listener.h"

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
#include "coordinator/rpc/listener/http2/first_call.h"
#include "coordinator/rpc/service/identity.h"

namespace fedround::coordinator {
namespace {

// What epoll says has happened; a connection's key is its number.
constexpr std::uint64_t kSocketKey = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kWakeKey = kSocketKey - 1;
constexpr int kEventsAtOnce = 64;
// 10,000 connections per second: accepting one and dropping it again costs some 10 us. A full
// backlog is drained in less than half a second.
constexpr Nanos kAcceptRefill = 100'000;
// 4000 looks per second at what strangers say: one costs some 10 us, including the answer.
constexpr Nanos kLookRefill = 250'000;
// How many may wait for their first look, which takes 32 ms at most; others stay in the backlog.
constexpr std::size_t kMostUnheard = 64;
// A client's first call takes two or three looks: at what came with the connection and at what came
// after the greeting. A peer that lets it trickle in does not get one look per byte.
constexpr int kMostLooks = 32;
// How long a stranger is safe from being cut for a new one. A client sends its first bytes as soon
// as it is connected, and its first call as soon as it is greeted, on a machine that has time.
constexpr Nanos kSilentGrace = 10 * kNanosPerMilli;
constexpr Nanos kGreetedGrace = 100 * kNanosPerMilli;
// How long until the next look at whether one may be cut.
constexpr Nanos kFullPause = 2 * kNanosPerMilli;
// How long to wait for descriptors when there was none left even for the reserve.
constexpr Nanos kPause = 100 * kNanosPerMilli;
// How long connections may take at the end of the run to deliver what is still in their buffers;
// one that takes longer does not hold up the end.
constexpr Nanos kFinishGrace = 200 * kNanosPerMilli;

// What is waited for on a connection: edges only, so that each event is reported once. EPOLLHUP
// comes without being asked for. Once gRPC has the connection, its data wakes nobody here.
constexpr std::uint32_t kSilent = EPOLLIN | EPOLLRDHUP | EPOLLET;
constexpr std::uint32_t kServed = EPOLLET;

bool OutOfDescriptors(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

Fd OpenReserve() { return Fd(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Start(ListeningSocket socket,
                                                          const ConnectionLimits& limits,
                                                          std::string token, ConnectionTable& table,
                                                          Serve serve) {
  std::unique_ptr<Listener> listener(
      new Listener(std::move(socket), limits, std::move(token), table, std::move(serve)));
  RETURN_IF_ERROR(listener->Prepare());
  listener->thread_ = std::thread([raw = listener.get()] { raw->Loop(); });
  return listener;
}

Listener::Listener(ListeningSocket socket, const ConnectionLimits& limits, std::string token,
                   ConnectionTable& table, Serve serve)
    : limits_(limits),
      token_(std::move(token)),
      table_(table),
      serve_(std::move(serve)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      socket_(std::move(socket.fd)),
      accept_budget_(kAcceptRefill, now_),
      look_budget_(kLookRefill, now_),
      heard_(kMaxOpeningBytes),
      reserve_(OpenReserve()),
      open_(table) {}

absl::Status Listener::Prepare() {
  MutexLock lock(mutex_);
  if (!reserve_.valid() || !Watch(EPOLL_CTL_ADD, wake_.get(), EPOLLIN, kWakeKey) ||
      !Watch(EPOLL_CTL_ADD, socket_.get(), EPOLLIN, kSocketKey)) {
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
    HearSome();
    CutStrangersOfAge();
    open_.EndLingering(now_);
  }
  open_.EndAll(now_);
}

bool Listener::IsDone() {
  MutexLock lock(mutex_);
  return finish_by_.has_value() && (open_.size() == 0 || now_ >= *finish_by_);
}

void Listener::WaitAndReact() {
  const Nanos wait = std::max<Nanos>(NextDeadline() - now_, 0);
  // Rounded up: otherwise the last millisecond before a deadline would be spent spinning.
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
    } else {
      React(key, events[i].events);
    }
  }
}

Nanos Listener::NextDeadline() {
  Nanos next = std::numeric_limits<Nanos>::max();
  if (!armed_) next = std::max(pause_until_, accept_budget_.next_refill());
  if (open_.speaking() > 0) next = std::min(next, look_budget_.next_refill());
  next = std::min(next, open_.NextDeadline(limits_.stranger_age));
  MutexLock lock(mutex_);
  return std::min(next, finish_by_.value_or(next));
}

void Listener::ArmSocket() {
  const bool may_accept = MayAccept();
  MutexLock lock(mutex_);
  const bool arm = may_accept || !socket_.valid();  // without a socket there is no need to wake
  if (arm == armed_) return;
  armed_ = arm;
  if (!socket_.valid()) return;
  CHECK(Watch(EPOLL_CTL_MOD, socket_.get(), arm ? std::uint32_t{EPOLLIN} : 0U, kSocketKey));
}

bool Listener::MayAccept() {
  return accept_budget_.Available(now_) && now_ >= pause_until_ && open_.unheard() < kMostUnheard;
}

void Listener::AcceptSome() {
  MutexLock lock(mutex_);
  if (!reserve_.valid()) reserve_ = OpenReserve();
  bool full = false;
  // When all places are taken, one stranger is cut for the first of the backlog, the only one that
  // is known to wait.
  while (!full && MayAccept()) {
    full = table_.strangers() >= limits_.max_strangers || open_.size() >= limits_.max_connections;
    if (full && table_.strangers() > 0 && !open_.CutStranger(kSilentGrace, kGreetedGrace, now_)) {
      pause_until_ = now_ + kFullPause;
      return;
    }
    if (!AcceptOne()) return;
    accept_budget_.Spend();
  }
}

// Returns whether a connection has left the backlog, accepted or not.
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
  if (open_.size() >= limits_.max_connections) {
    if (!turned_away_) {
      LogError(absl::StrCat("a connection from ", peer, " was turned away: all ", open_.size(),
                            " that the limit of open files allows are clients'; raise it "
                            "(ulimit -n) or let fewer clients connect at the same time"));
    }
    turned_away_ = true;
    return;
  }
  // gRPC sets it on sockets that it accepts itself; without it small messages wait 40 ms for an
  // acknowledgement.
  const int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const std::uint64_t id = open_.Add(std::move(peer), std::move(fd), now_);
  if (!Watch(EPOLL_CTL_ADD, open_.DescriptorOf(id), kSilent, id)) open_.End(id, now_);
}

// Drops the first connection of the backlog, which would otherwise stay there and wake us for ever.
void Listener::TurnAwayOne() {
  open_.CutStranger(0, 0, now_);
  reserve_ = Fd();
  { const Fd refused(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }
  reserve_ = OpenReserve();
  if (!reserve_.valid()) pause_until_ = now_ + kPause;
}

bool Listener::Watch(int operation, int fd, std::uint32_t events, std::uint64_t key) {
  epoll_event event{.events = events, .data = {.u64 = key}};
  return epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
}

void Listener::React(std::uint64_t id, std::uint32_t events) {
  if ((events & EPOLLHUP) != 0) {
    open_.HungUp(id, now_);
  } else if ((events & EPOLLRDHUP) != 0) {
    open_.End(id, now_);  // gone before it was served
  } else if ((events & EPOLLIN) != 0) {
    open_.Speaks(id, now_);
  }
}

void Listener::HearSome() {
  MutexLock lock(mutex_);
  if (!socket_.valid()) return;  // nobody is served any more
  while (look_budget_.Available(now_)) {
    const std::optional<std::uint64_t> id = open_.NextSpeaking();
    if (!id.has_value()) return;
    look_budget_.Spend();
    Hear(*id);
  }
}

void Listener::Hear(std::uint64_t id) {
  const absl::string_view heard = open_.Look(id, heard_);
  const absl::StatusOr<std::optional<FirstCall>> call = ReadFirstCall(heard);
  if (!call.ok() || open_.looks(id) > kMostLooks) {
    open_.Cut(id, now_);
    return;
  }
  open_.Greet(id, kGreeting, now_);
  if (!call->has_value()) return;
  if (const absl::Status identity = CheckFirstCall(**call, token_); identity.ok()) {
    ServeOne(id);
  } else {
    open_.Refuse(id, RefusalFrame((*call)->stream, identity.message()), now_);
  }
}

void Listener::ServeOne(std::uint64_t id) {
  Fd duplicate = open_.Serve(id, now_);
  if (!duplicate.valid()) {
    open_.Speaks(id, now_);
    open_.CutStranger(0, 0, now_);  // its descriptor serves the next
    return;
  }
  look_budget_.GiveBack(open_.looks(id));
  Watch(EPOLL_CTL_MOD, open_.DescriptorOf(id), kServed, id);
  serve_(std::move(duplicate));
}

// Cuts all of them once accepting is over: gRPC would wait for them until its grace is used up.
void Listener::CutStrangersOfAge() {
  Nanos age = limits_.stranger_age;
  {
    MutexLock lock(mutex_);
    if (!socket_.valid()) age = 0;
  }
  while (open_.CutStranger(age, age, now_)) {
  }
}

}  // namespace fedround::coordinator
