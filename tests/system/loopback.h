// Plain sockets on this machine, for peers that do not speak gRPC.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <utility>

#include "common/base/io/file.h"
#include "gtest/gtest.h"

namespace fedround::testing {

// Against hanging, not a measurement.
inline constexpr std::chrono::seconds kPatience{20};

// Waits for what the kernel or another thread is about to do.
template <typename Condition>
bool Eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

inline sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

inline Fd TcpSocket() {
  Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = kPatience.count()};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  return fd;
}

inline void Connect(const Fd& fd, int port) {
  const sockaddr_in address = Loopback(port);
  ASSERT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
}

inline Fd Connected(int port) {
  Fd fd = TcpSocket();
  Connect(fd, port);
  return fd;
}

inline void SendBytes(const Fd& fd, std::size_t count) {
  const std::string bytes(count, 'x');
  for (std::size_t sent = 0; sent < count;) {
    const ssize_t more = send(fd.get(), bytes.data() + sent, count - sent, MSG_NOSIGNAL);
    ASSERT_GT(more, 0);
    sent += static_cast<std::size_t>(more);
  }
}

inline void SendText(const Fd& fd, const std::string& text) {
  ASSERT_EQ(send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
}

inline void ReceiveBytes(const Fd& fd, std::size_t count) {
  std::string bytes(count, '\0');
  ASSERT_EQ(recv(fd.get(), bytes.data(), count, MSG_WAITALL), static_cast<ssize_t>(count));
}

// Waits for the other side's end; whatever comes before is dropped.
inline bool SeesItsEnd(const Fd& fd) {
  char bytes[4096];
  ssize_t count = 0;
  do {
    count = recv(fd.get(), bytes, sizeof(bytes), 0);
  } while (count > 0);
  return count == 0 || errno == ECONNRESET;
}

// Whether the other side has not ended the connection so far.
inline bool IsOpen(const Fd& fd) {
  char byte;
  return recv(fd.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0 && errno == EAGAIN;
}

// Closes with a reset in place of a FIN.
inline void Reset(Fd fd) {
  const linger abort{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
}

// Both ends of one connection.
struct LoopbackPair {
  LoopbackPair() {
    const Fd listener = TcpSocket();
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof(address);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(listener.get(), any, size), 0);
    EXPECT_EQ(listen(listener.get(), 1), 0);
    EXPECT_EQ(getsockname(listener.get(), any, &size), 0);
    theirs = Connected(ntohs(address.sin_port));
    ours = Fd(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    EXPECT_TRUE(ours.valid());
  }

  Fd ours;
  Fd theirs;
};

}  // namespace fedround::testing
