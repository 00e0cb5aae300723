#include "experiments/launch/log_tail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/io/file.h"

namespace fedround::launch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> TailOf(const std::string& contents, std::size_t count) {
  const std::string path = ::testing::TempDir() + "/log_tail_test.log";
  EXPECT_TRUE(WriteFileAtomically(path, contents).ok());
  return LogTail(path, count);
}

TEST(LogTail, TakesTheLastLinesInOrder) {
  EXPECT_THAT(TailOf("one\ntwo\nthree\n", 2), ElementsAre("two", "three"));
}

TEST(LogTail, SkipsBlankLines) { EXPECT_THAT(TailOf("one\n\n  \n", 1), ElementsAre("one")); }

TEST(LogTail, TakesALineWithoutNewline) { EXPECT_THAT(TailOf("a\nb", 1), ElementsAre("b")); }

TEST(LogTail, DisarmsEscapeSequences) {
  EXPECT_THAT(TailOf("\x1b[2Jred", 1), ElementsAre("\\x1b[2Jred"));
}

TEST(LogTail, CutsLongLines) {
  EXPECT_THAT(TailOf(std::string(10'000, 'x'), 1), ElementsAre(SizeIs(200)));
}

TEST(LogTail, OfAMissingFileIsEmpty) {
  EXPECT_THAT(LogTail(::testing::TempDir() + "/no_such.log", 1), IsEmpty());
}

}  // namespace
}  // namespace fedround::launch
