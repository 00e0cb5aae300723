// Stands between client processes and a coordinator, byte for byte, and can stop in the middle,
// slow down, or break.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/system/loopback.h"

namespace fedround::testing {

// For one client process at a time.
class Relay {
 public:
  explicit Relay(int coordinator_port) : coordinator_port_(coordinator_port) {
    listener_ = TcpSocket();
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof(address);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener_.get(), any, size), 0);
    EXPECT_EQ(listen(listener_.get(), 16), 0);
    EXPECT_EQ(getsockname(listener_.get(), any, &size), 0);
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { Run(); });
  }
  ~Relay() {
    stop_ = true;
    Wake();
    thread_.join();
  }

  const std::string& address() const { return address_; }

  // The process that connects next gets only this many bytes through to the coordinator. Those of
  // its first connection, the control connection, do not count.
  void Limit(std::size_t bytes) {
    budget_ = bytes;
    connections_ = 0;
    spent_ = false;
  }
  // It has sent more than that: the coordinator has just these bytes.
  bool spent() const { return spent_; }
  // Connections that have not ended.
  std::size_t open() const { return open_; }
  // All that have come since the last Limit.
  int accepted() const { return connections_; }

  // Ends all connections.
  void Cut() {
    cut_ = true;
    Wake();
  }
  // Nothing moves and nothing ends, until it is told otherwise.
  void Freeze(bool frozen) {
    frozen_ = frozen;
    Wake();
  }
  // A pause after each block of up to kBlock bytes.
  void Slow(std::chrono::milliseconds pause) { pause_ms_ = pause.count(); }
  static constexpr std::size_t kBlock = 16 * 1024;

 private:
  struct Pipe {
    Fd client;
    Fd coordinator;
    bool limited = false;
  };

  void Run() {
    std::vector<Pipe> pipes;
    while (!stop_) {
      if (cut_.exchange(false)) pipes.clear();
      open_ = pipes.size();
      std::vector<pollfd> waits;
      for (const Pipe& pipe : pipes) {
        // Of a client that may send no more, only its end is of interest.
        const bool blocked = pipe.limited && spent_;
        const int wanted = blocked ? POLLRDHUP : POLLIN;
        waits.push_back({pipe.client.get(), static_cast<short>(wanted), 0});
        waits.push_back({pipe.coordinator.get(), POLLIN, 0});
      }
      waits.push_back({listener_.get(), POLLIN, 0});
      if (frozen_) waits.assign(waits.size(), pollfd{-1, 0, 0});
      waits.push_back({wake_.get(), POLLIN, 0});
      if (poll(waits.data(), waits.size(), -1) < 0) continue;
      if (std::uint64_t woken; (waits.back().revents & POLLIN) != 0) {
        EXPECT_EQ(read(wake_.get(), &woken, sizeof(woken)), static_cast<ssize_t>(sizeof(woken)));
        continue;
      }
      waits.pop_back();
      for (std::size_t i = pipes.size(); i-- > 0;) {
        const bool up = waits[2 * i].revents == 0 || MoveUp(pipes[i]);
        const bool down = waits[2 * i + 1].revents == 0 || MoveDown(pipes[i]);
        if (!up || !down) pipes.erase(pipes.begin() + static_cast<std::ptrdiff_t>(i));
      }
      if ((waits.back().revents & POLLIN) != 0) Accept(pipes);
    }
  }

  void Wake() {
    const std::uint64_t one = 1;
    EXPECT_EQ(write(wake_.get(), &one, sizeof(one)), static_cast<ssize_t>(sizeof(one)));
  }

  void Accept(std::vector<Pipe>& pipes) {
    Fd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client.valid()) return;
    pipes.push_back({std::move(client), Connected(coordinator_port_), connections_++ > 0});
  }

  // False at the end.
  bool MoveUp(const Pipe& pipe) {
    if (!pipe.limited) return Move(pipe.client, pipe.coordinator, sizeof(bytes_)) > 0;
    if (spent_) return false;
    const std::size_t moved = Move(pipe.client, pipe.coordinator, budget_);
    const bool ended = moved == 0 && budget_ > 0;
    budget_ -= moved;
    spent_ = budget_ == 0;
    return !ended;
  }
  bool MoveDown(const Pipe& pipe) {
    return Move(pipe.coordinator, pipe.client, sizeof(bytes_)) > 0;
  }

  // At most `most`; 0 at the end.
  std::size_t Move(const Fd& from, const Fd& to, std::size_t most) {
    const ssize_t count = recv(from.get(), bytes_, std::min(most, sizeof(bytes_)), 0);
    if (count <= 0) return 0;
    const auto size = static_cast<std::size_t>(count);
    std::this_thread::sleep_for(std::chrono::milliseconds(pause_ms_));
    return send(to.get(), bytes_, size, MSG_NOSIGNAL) == count ? size : 0;
  }

  const int coordinator_port_;
  Fd listener_;
  std::string address_;
  const Fd wake_{eventfd(0, EFD_CLOEXEC)};
  char bytes_[kBlock];
  std::atomic<std::size_t> budget_{std::numeric_limits<std::size_t>::max()};
  std::atomic<int> connections_{0};
  std::atomic<std::size_t> open_{0};
  std::atomic<bool> spent_{false};
  std::atomic<bool> cut_{false};
  std::atomic<bool> frozen_{false};
  std::atomic<std::int64_t> pause_ms_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;  // last: uses the members above
};

}  // namespace fedround::testing
