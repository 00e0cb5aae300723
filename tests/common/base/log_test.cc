#include "common/base/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "common/base/io/file.h"

namespace fedround {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

// Standard error as a pipe, until the end of the scope.
class ErrorPipe {
 public:
  ErrorPipe() : before_(dup(STDERR_FILENO)) {
    int ends[2];
    EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
    reader_ = Fd(ends[0]);
    const Fd writer(ends[1]);
    dup2(writer.get(), STDERR_FILENO);
  }
  ~ErrorPipe() { dup2(before_.get(), STDERR_FILENO); }
  ErrorPipe(const ErrorPipe&) = delete;
  ErrorPipe& operator=(const ErrorPipe&) = delete;

  // What is there by now.
  std::string Read() {
    fcntl(reader_.get(), F_SETFL, O_NONBLOCK);
    std::string all;
    char buffer[4096];
    for (ssize_t count; (count = read(reader_.get(), buffer, sizeof(buffer))) > 0;) {
      all.append(buffer, static_cast<std::size_t>(count));
    }
    return all;
  }

 private:
  const Fd before_;
  Fd reader_;
};

TEST(Log, WritesOneLine) {
  ErrorPipe pipe;
  LogError("a thing");
  const std::string text = pipe.Read();
  EXPECT_THAT(text, HasSubstr(": error: a thing\n"));
}

// A peer that fails may say what it likes, and as much.
TEST(Log, KeepsAMessageOnItsLine) {
  ErrorPipe pipe;
  LogError("client 3: \x1b[2Jgone\n12:00:00.000 coordinator: all is well");
  EXPECT_THAT(pipe.Read(),
              EndsWith("client 3: \\x1b[2Jgone\\n12:00:00.000 coordinator: all is well\n"));
}

TEST(Log, EndsTheLineOfALongMessage) {
  ErrorPipe pipe;
  LogError(std::string(100'000, 'x'));
  const std::string line = pipe.Read();
  EXPECT_THAT(line, EndsWith("xxx...\n"));
  EXPECT_LE(line.size(), 4096u);
}

TEST(LogFile, TakesTheLinesUntilItsEnd) {
  const std::string path = ::testing::TempDir() + "/a.log";
  std::remove(path.c_str());
  ErrorPipe pipe;
  {
    const LogFile file(path);
    LogError("inside");
  }
  LogError("after");
  EXPECT_THAT(ReadFile(path, 4096).value(), EndsWith("error: inside\n"));
  EXPECT_THAT(pipe.Read(), AllOf(Not(HasSubstr("inside")), EndsWith("error: after\n")));
}

TEST(LogFile, ThatCannotBeOpenedLeavesTheLinesWhereTheyWere) {
  ErrorPipe pipe;
  const LogFile file("/nowhere/a.log");
  LogError("a thing");
  EXPECT_THAT(pipe.Read(), EndsWith("error: a thing\n"));
}

TEST(Log, NeverWaitsForItsReaderAndSaysWhatWasLost) {
  ErrorPipe pipe;
  for (int i = 0; i < 1000; ++i) LogInfo(std::string(1000, 'x'));  // more than the pipe holds
  pipe.Read();
  LogInfo("again");
  const std::string text = pipe.Read();
  EXPECT_THAT(text, HasSubstr(" lines lost: nobody read them) again\n"));
}

}  // namespace
}  // namespace fedround
