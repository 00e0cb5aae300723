#include "common/base/io/output_queue.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "absl/strings/str_cat.h"

namespace fedround {
namespace {

using ::testing::HasSubstr;

constexpr Nanos kLong = 60 * kNanosPerSecond;
constexpr Nanos kShort = 10 * kNanosPerMilli;
// More than any pipe holds by itself.
constexpr std::size_t kMuch = std::size_t{8} << 20;

class OutputQueueTest : public ::testing::Test {
 protected:
  OutputQueueTest() {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    reader_ = Fd(ends[0]);
    writer_ = Fd(ends[1]);
  }
  // All that comes until nobody has the other end open.
  std::string ReadAll() {
    writer_ = Fd();
    std::string all;
    char buffer[4096];
    for (ssize_t count; (count = read(reader_.get(), buffer, sizeof(buffer))) > 0;) {
      all.append(buffer, static_cast<std::size_t>(count));
    }
    return all;
  }

  Fd reader_;
  Fd writer_;
};

TEST_F(OutputQueueTest, WritesPiecesInOrder) {
  {
    OutputQueue queue(writer_.get(), "out");
    for (int i = 0; i < 100; ++i) queue.Write(absl::StrCat(i, " "));
    EXPECT_TRUE(queue.Drain(kLong).ok());
  }
  std::string expected;
  for (int i = 0; i < 100; ++i) absl::StrAppend(&expected, i, " ");
  EXPECT_EQ(ReadAll(), expected);
}

TEST_F(OutputQueueTest, WritingReturnsThoughNobodyReads) {
  OutputQueue queue(writer_.get(), "out");
  queue.Write(std::string(kMuch, 'x'));
  queue.Write("y");
  const absl::Status drained = queue.Drain(kShort);
  EXPECT_TRUE(absl::IsDeadlineExceeded(drained));
  EXPECT_THAT(std::string(drained.message()), HasSubstr("out: nobody has read it"));
}

TEST_F(OutputQueueTest, AReaderWhoComesBackGetsAll) {
  OutputQueue queue(writer_.get(), "out");
  queue.Write(std::string(kMuch, 'x'));
  EXPECT_FALSE(queue.Drain(kShort).ok());
  queue.Write("y");
  std::string all(kMuch + 1, '\0');
  for (std::size_t done = 0; done < all.size();) {
    const ssize_t count = read(reader_.get(), all.data() + done, all.size() - done);
    ASSERT_GT(count, 0);
    done += static_cast<std::size_t>(count);
  }
  EXPECT_EQ(all, std::string(kMuch, 'x') + "y");
  EXPECT_TRUE(queue.Drain(kLong).ok());
}

TEST_F(OutputQueueTest, TheOldestGiveWayAndTheLastWordStays) {
  OutputQueue queue(writer_.get(), "out", /*limit_bytes=*/kMuch);
  queue.Write(std::string(kMuch, '1'));  // in part in the pipe: it is written whole
  while (queue.dropped() < 3) queue.Write(std::string(kMuch / 4, '2'));
  queue.Write("last");
  std::string end;
  for (std::string block(1 << 16, '\0'); !end.ends_with("last");) {
    const ssize_t count = read(reader_.get(), block.data(), block.size());
    ASSERT_GT(count, 0);
    end = block.substr(0, static_cast<std::size_t>(count));
  }
  EXPECT_TRUE(queue.Drain(kLong).ok());
}

TEST_F(OutputQueueTest, SaysWhyItCannotWrite) {
  const Fd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  OutputQueue queue(full.get(), "standard output");
  queue.Write("x");
  EXPECT_THAT(std::string(queue.Drain(kLong).message()),
              HasSubstr("standard output: No space left"));
}

TEST_F(OutputQueueTest, TakesNoSignalFromThoseWhoWaitForIt) {
  const OutputQueue queue(writer_.get(), "out");
  sigset_t set;
  sigset_t before;
  sigset_t pending;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &set, &before), 0);
  kill(getpid(), SIGUSR1);  // would end the process if the queue's thread took it
  ASSERT_EQ(sigpending(&pending), 0);
  EXPECT_EQ(sigismember(&pending, SIGUSR1), 1);
  int taken = 0;
  sigwait(&set, &taken);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace fedround
