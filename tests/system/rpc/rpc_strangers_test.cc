// Peers that misbehave: how much of the coordinator's memory and log they can use up.
#include <atomic>
#include <fstream>
#include <thread>

#include "coordinator/rpc/grpc_log.h"
#include "tests/system/loopback.h"
#include "tests/system/rpc/http2_peer.h"
#include "tests/system/rpc_federation.h"

namespace fedround::testing {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

std::size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  statm >> pages >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

struct Habits {
  std::string token;  // none if empty
  bool compressed = false;
};

// Makes calls without pause and never reads an answer, over one connection after the other.
class Caller {
 public:
  Caller(int port, const Habits& habits)
      : thread_([this, port, habits] {
          while (!stop_) Call(port, habits);
        }) {}
  ~Caller() {
    stop_ = true;
    thread_.join();
  }

 private:
  static constexpr std::size_t kBatch = 200;

  void Call(int port, const Habits& habits) const {
    const Fd fd = TcpSocket();
    const timeval patience{.tv_usec = 100'000};
    setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    const sockaddr_in address = Loopback(port);
    if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
      return;
    std::vector<std::string> fields = FieldsOfCall("FetchModel", habits.token);
    if (habits.compressed) fields.push_back(FieldOf("grpc-encoding", "gzip"));
    std::string bytes = Preface();
    for (std::uint32_t stream = 1; !stop_; stream += 2 * kBatch) {
      bytes += CallsOf(stream, kBatch, fields, habits.compressed);
      // What does not go out within the patience has no reader any more.
      if (send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(bytes.size())) {
        return;
      }
      bytes.clear();
    }
  }

  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// What three such peers took within some seconds, during which a client joined and took its task
// if they were strangers.
struct Taken {
  std::size_t memory_bytes = 0;
  std::size_t log_bytes = 0;
};

Taken TakenBy(const Habits& habits) {
  RpcFederation federation({"federation.clients=1"});
  ::testing::internal::CaptureStderr();
  const std::size_t before = ResidentBytes();
  Taken taken;
  {
    std::vector<std::unique_ptr<Caller>> callers;
    for (int i = 0; i < 3; ++i) {
      callers.push_back(std::make_unique<Caller>(federation.server().port(), habits));
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
    // Whoever has the token may keep others from joining.
    if (habits.token.empty()) {
      ManualClient client(federation, 0);
      EXPECT_EQ(client.Next().task, TaskKind::kTrain);
    }
    while (std::chrono::steady_clock::now() < end) {
      taken.memory_bytes = std::max(taken.memory_bytes, ResidentBytes() - before);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  federation.coordinator().Stop("enough", 0);
  federation.Wait();
  taken.log_bytes = ::testing::internal::GetCapturedStderr().size();
  return taken;
}

TEST(Strangers, HaveNeitherMemoryNorLog) {
  const Taken taken = TakenBy({.token = "", .compressed = false});
  EXPECT_LE(taken.memory_bytes, 16 * kMiB);
  EXPECT_LE(taken.log_bytes, 64 * 1024U);
}

TEST(Strangers, HaveNoLogForCompressedCalls) {
  EXPECT_LE(TakenBy({.token = "", .compressed = true}).log_bytes, 64 * 1024U);
}

TEST(Clients, HaveLittleLogForCompressedCalls) {
  EXPECT_LE(TakenBy({.token = kToken, .compressed = true}).log_bytes, 64 * 1024U);
}

TEST(PacedLog, WritesSomeLinesAtATimeAndThenOneEachSecond) {
  coordinator::PacedLog log(0);
  int lines = 0;
  for (int i = 0; i < 1000; ++i) lines += log.Line("gzip", 0).has_value() ? 1 : 0;
  EXPECT_EQ(lines, coordinator::Budget::kMost);
  EXPECT_EQ(log.Line("gzip", kNanosPerSecond), "(968 lines left out) gzip");
  EXPECT_FALSE(log.Line("gzip", kNanosPerSecond).has_value());
  EXPECT_EQ(log.Line("gzip", 2 * kNanosPerSecond), "(1 lines left out) gzip");
}

}  // namespace
}  // namespace fedround::testing
