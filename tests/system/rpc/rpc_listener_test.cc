// Who gets a connection when more want one than there is room for, and how connections end.
#include <netinet/tcp.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>

#include "coordinator/rpc/listener/http2/first_call.h"
#include "coordinator/rpc/listener/listener.h"
#include "tests/system/loopback.h"
#include "tests/system/rpc/http2_peer.h"
#include "tests/system/rpc_federation.h"

namespace fedround::testing {
namespace {

using coordinator::ConnectionLimits;
using coordinator::ConnectionTable;
using coordinator::kGreeting;
using coordinator::Listener;

// Longer than any test is patient.
constexpr Nanos kNever = 3600 * kNanosPerSecond;

std::string ClientsOpening() { return Preface() + HeadersOf(1, CallFields("Join", kToken)); }

// A listener whose connections nobody reads from.
class IdleServer {
 public:
  explicit IdleServer(const ConnectionLimits& limits) {
    auto socket = coordinator::Listen("127.0.0.1:0").value();
    port_ = socket.port;
    listener_ = Listener::Start(std::move(socket), limits, kToken, table_, [this](Fd fd) {
                  MutexLock lock(mutex_);
                  served_.push_back(std::move(fd));
                }).value();
  }
  ~IdleServer() { listener_->Finish(); }

  // A connection that has not said yet who it is.
  Fd ConnectStranger() {
    Fd fd = Connected(port_);
    SendText(fd, Preface());
    ReceiveBytes(fd, kGreeting.size());
    return fd;
  }
  // A connection that was served.
  Fd ConnectClient() {
    const std::size_t before = served();
    Fd fd = Connected(port_);
    SendText(fd, ClientsOpening());
    ReceiveBytes(fd, kGreeting.size());
    EXPECT_TRUE(Eventually([&] { return served() > before; }));
    return fd;
  }
  // What gRPC would read from the connection that was served last.
  std::string Received(std::size_t count) {
    MutexLock lock(mutex_);
    std::string bytes(count, ' ');
    EXPECT_EQ(recv(served_.back().get(), bytes.data(), count, MSG_WAITALL),
              static_cast<ssize_t>(count));
    return bytes;
  }
  std::size_t served() {
    MutexLock lock(mutex_);
    return served_.size();
  }
  void CloseServed() {
    MutexLock lock(mutex_);
    for (Fd& fd : served_) {
      shutdown(fd.get(), SHUT_RDWR);
      fd = Fd();
    }
  }
  int port() const { return port_; }
  ConnectionTable& table() { return table_; }
  Listener& listener() { return *listener_; }

 private:
  ConnectionTable table_{true};
  Mutex mutex_;
  std::vector<Fd> served_ ABSL_GUARDED_BY(mutex_);
  int port_ = 0;
  std::unique_ptr<Listener> listener_;
};

TEST(Listener, CutsTheOldestStrangerForANewOne) {
  IdleServer server({.max_connections = 10, .max_strangers = 2, .stranger_age = kNever});
  const Fd first = server.ConnectStranger();
  const Fd second = server.ConnectStranger();
  const Fd third = server.ConnectStranger();
  EXPECT_TRUE(SeesItsEnd(first));
  EXPECT_TRUE(IsOpen(second));
  EXPECT_TRUE(IsOpen(third));
}

TEST(Listener, CutsASilentStrangerBeforeOneThatSpoke) {
  IdleServer server({.max_connections = 10, .max_strangers = 2, .stranger_age = kNever});
  const Fd first = server.ConnectStranger();
  const Fd silent = Connected(server.port());
  const Fd third = server.ConnectStranger();
  EXPECT_TRUE(SeesItsEnd(silent));
  EXPECT_TRUE(IsOpen(first));
  EXPECT_TRUE(IsOpen(third));
}

TEST(Listener, ServesOnlyThoseWithTheToken) {
  IdleServer server({.max_connections = 10, .max_strangers = 10, .stranger_age = kNever});
  const Fd silent = Connected(server.port());
  Connected(server.port());
  const Fd stranger = server.ConnectStranger();
  Fd wrong = server.ConnectStranger();
  SendText(wrong, HeadersOf(1, CallFields("Join", "another")));
  EXPECT_TRUE(SeesItsEnd(wrong));
  wrong = Fd();
  const Fd client = server.ConnectClient();
  EXPECT_EQ(server.served(), 1U);
  EXPECT_TRUE(Eventually([&] { return server.table().strangers() == 2; }));
}

TEST(Listener, LeavesAllBytesToWhoeverServes) {
  IdleServer server({.max_connections = 10, .max_strangers = 10, .stranger_age = kNever});
  const Fd client = server.ConnectClient();
  SendText(client, "more");
  const std::string sent = ClientsOpening() + "more";
  EXPECT_EQ(server.Received(sent.size()), sent);
}

TEST(Listener, ServesACallThatComesInPieces) {
  IdleServer server({.max_connections = 10, .max_strangers = 10, .stranger_age = kNever});
  const std::string opening = ClientsOpening();
  for (const std::size_t cut : {std::size_t{3}, Preface().size() + 20, opening.size() - 1}) {
    const std::size_t before = server.served();
    const Fd client = Connected(server.port());
    SendText(client, opening.substr(0, cut));
    ReceiveBytes(client, kGreeting.size());
    SendText(client, opening.substr(cut));
    EXPECT_TRUE(Eventually([&] { return server.served() > before; })) << cut;
  }
}

TEST(Listener, CutsWhatIsNotHttp2) {
  IdleServer server({.max_connections = 10, .max_strangers = 10, .stranger_age = kNever});
  const Fd stranger = Connected(server.port());
  SendText(stranger, "GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(SeesItsEnd(stranger));
}

TEST(Listener, CutsAStrangerThatSaysMuchAndMakesNoCall) {
  IdleServer server({.max_connections = 10, .max_strangers = 10, .stranger_age = kNever});
  const Fd stranger = server.ConnectStranger();
  SendText(stranger, FrameOf(kSettingsFrame, kNoFlags, 0, std::string(17'000, '\0')));
  EXPECT_TRUE(SeesItsEnd(stranger));
}

TEST(Listener, CutsAStrangerThatTricklesItsCallIn) {
  IdleServer server({.max_connections = 10, .max_strangers = 10, .stranger_age = kNever});
  const Fd stranger = Connected(server.port());
  const int on = 1;
  setsockopt(stranger.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const std::string bytes =
      Preface() + FrameOf(kSettingsFrame, kNoFlags, 0, std::string(9'000, '\0'));
  std::size_t sent = 0;
  EXPECT_TRUE(Eventually([&] {
    return sent == bytes.size() || send(stranger.get(), &bytes[sent++], 1, MSG_NOSIGNAL) < 0;
  }));
  EXPECT_LT(sent, bytes.size() / 2);  // while the frame was still valid and unfinished
}

TEST(Listener, CutsAStrangerOfAge) {
  IdleServer server(
      {.max_connections = 10, .max_strangers = 10, .stranger_age = 5 * kNanosPerMilli});
  EXPECT_TRUE(SeesItsEnd(server.ConnectStranger()));
}

TEST(Listener, KeepsClientsThroughAFlood) {
  IdleServer server(
      {.max_connections = 10, .max_strangers = 2, .stranger_age = 50 * kNanosPerMilli});
  const Fd client = server.ConnectClient();
  std::vector<Fd> flood;
  for (int i = 0; i < 20; ++i) flood.push_back(server.ConnectStranger());
  for (const Fd& stranger : flood) EXPECT_TRUE(SeesItsEnd(stranger));
  EXPECT_TRUE(IsOpen(client));
}

TEST(Listener, TurnsAwayWhereAllAreClientsUntilOneLeaves) {
  IdleServer server({.max_connections = 1, .max_strangers = 1, .stranger_age = kNever});
  Fd client = server.ConnectClient();
  EXPECT_TRUE(SeesItsEnd(Connected(server.port())));
  client = Fd();
  server.CloseServed();
  std::vector<Fd> more;
  EXPECT_TRUE(Eventually([&] {
    more.push_back(Connected(server.port()));
    const std::string opening = ClientsOpening();
    send(more.back().get(), opening.data(), opening.size(), MSG_NOSIGNAL);
    return server.served() > 1;
  }));
}

TEST(Listener, FreesItsPortWhenItStopsAccepting) {
  IdleServer server({.max_connections = 10, .max_strangers = 10, .stranger_age = kNever});
  server.listener().StopAccepting();
  const std::string address = "127.0.0.1:" + std::to_string(server.port());
  EXPECT_TRUE(coordinator::Listen(address).ok());
}

TEST(Listener, BooksTheLastBytesOfAConnectionThatEnds) {
  IdleServer server({.max_connections = 10, .max_strangers = 10, .stranger_age = kNever});
  Fd client = server.ConnectClient();
  SendBytes(client, 1234 - ClientsOpening().size());
  client = Fd();
  server.CloseServed();
  ASSERT_TRUE(Eventually([&] { return server.table().Connections()[0].closed_ns.has_value(); }));
  const auto traffic = server.table().TakeTraffic(3);
  ASSERT_EQ(traffic.size(), 1U);
  EXPECT_EQ(traffic[0].round, 3U);
  EXPECT_EQ(traffic[0].wire_bytes_up, 1234U);
  EXPECT_EQ(server.table().Connections()[0].wire_bytes_up, 1234U);
  EXPECT_TRUE(server.table().TakeTraffic(4).empty());
}

TEST(Listen, NamesAHostThatDoesNotExist) {
  const auto socket = coordinator::Listen("no.such.host.invalid:0");
  EXPECT_EQ(socket.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(socket.status().message().find("no.such.host.invalid"), std::string::npos);
}

TEST(Listen, NeedsAPort) {
  EXPECT_EQ(coordinator::Listen("localhost").status().code(), absl::StatusCode::kInvalidArgument);
}

// ---- with gRPC behind it ----

// The first bytes of HTTP/2, which are answered. The connection may have been cut already.
void SendPreface(const Fd& fd) {
  const std::string preface = Preface();
  send(fd.get(), preface.data(), preface.size(), MSG_NOSIGNAL);
}

std::vector<int> OpenDescriptors() {
  std::vector<int> open;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    open.push_back(std::stoi(entry.path().filename().string()));
  }
  return open;
}

// Lowers the limit of open files so that `more` can be opened; back at the end.
class FewDescriptors {
 public:
  explicit FewDescriptors(int more) {
    EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &before_), 0);
    const std::vector<int> open = OpenDescriptors();
    rlimit few = before_;
    few.rlim_cur = static_cast<rlim_t>(*std::max_element(open.begin(), open.end()) + more);
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  }
  ~FewDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST(RpcServer, AcceptsAgainAfterItRanOutOfDescriptors) {
  RpcFederation federation({"federation.clients=1"});
  std::vector<Fd> flood;
  for (int i = 0; i < 100; ++i) flood.push_back(TcpSocket());
  const FewDescriptors few(8);
  for (const Fd& stranger : flood) {
    Connect(stranger, federation.server().port());
    SendPreface(stranger);
  }
  // All that found no descriptor are turned away, and the oldest for them.
  EXPECT_TRUE(SeesItsEnd(flood.front()));
  flood.clear();
  const ManualClient client(federation, 0);
  EXPECT_EQ(client.welcome().run_id, kRunId);
}

TEST(RpcServer, TakesAClientDuringAFlood) {
  RpcFederation federation({"federation.clients=1"});
  std::vector<Fd> flood;
  for (int i = 0; i < 500; ++i) {
    flood.push_back(Connected(federation.server().port()));
    if (i % 5 == 0) SendPreface(flood.back());
  }
  const ManualClient client(federation, 0);
  EXPECT_EQ(client.welcome().run_id, kRunId);
}

TEST(RpcServer, EndsConnectionsSoThatThePeerSeesIt) {
  RpcFederation federation({"federation.clients=1"});
  const Fd stranger = Connected(federation.server().port());
  SendPreface(stranger);
  char byte;
  ASSERT_EQ(recv(stranger.get(), &byte, 1, 0), 1);  // the greeting
  federation.coordinator().Stop("enough", 0);
  federation.Wait();
  EXPECT_TRUE(SeesItsEnd(stranger));
}

TEST(RpcServer, GivesItsDescriptorsBack) {
  { RpcFederation warm({"federation.clients=1"}); }
  const std::size_t before = OpenDescriptors().size();
  {
    RpcFederation federation({"federation.clients=20"});
    std::vector<std::unique_ptr<ManualClient>> clients;
    std::vector<Fd> strangers;
    for (ClientId id = 0; id < 20; ++id) {
      clients.push_back(std::make_unique<ManualClient>(federation, id));
      strangers.push_back(Connected(federation.server().port()));
      SendPreface(strangers.back());
    }
    EXPECT_GT(OpenDescriptors().size(), before + 100);
  }
  EXPECT_TRUE(Eventually([&] { return OpenDescriptors().size() <= before; }))
      << OpenDescriptors().size() << " of " << before;
}

}  // namespace
}  // namespace fedround::testing
