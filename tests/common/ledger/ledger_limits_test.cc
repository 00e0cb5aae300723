// How long the small documents and lines of a run may be, from both sides, as numbers.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <variant>

#include "common/base/io/file.h"
#include "common/ledger/run_event.h"
#include "common/ledger/run_folder.h"

namespace fedround::ledger {
namespace {

std::string FolderOfATest() {
  std::string folder = ::testing::TempDir() + "ledger-limits-XXXXXX";
  EXPECT_NE(mkdtemp(folder.data()), nullptr);
  return folder;
}

TEST(LedgerLimits, DocumentsHaveUpTo4MiB) {
  const std::string folder = FolderOfATest();
  ASSERT_TRUE(WriteRunStatus(folder, {.outcome = RunOutcome::kStopped, .message = "so long"}).ok());
  const std::string path = folder + "/status.json";
  std::string text = ReadFile(path).value();
  text.resize(4'194'304, ' ');
  ASSERT_TRUE(WriteFileAtomically(path, text).ok());
  EXPECT_EQ(ReadRunStatus(folder).value().message, "so long");
  ASSERT_TRUE(WriteFileAtomically(path, text + " ").ok());
  EXPECT_TRUE(absl::IsResourceExhausted(ReadRunStatus(folder).status()));
}

TEST(LedgerLimits, ExitCodesHaveEightBits) {
  const std::string folder = FolderOfATest();
  for (const int code : {-1, 0, 255, 256}) {
    ASSERT_TRUE(WriteRunStatus(folder, {.outcome = RunOutcome::kFailed, .exit_code = code}).ok());
    EXPECT_EQ(ReadRunStatus(folder).ok(), code == 0 || code == 255) << code;
  }
}

TEST(LedgerLimits, EventLinesHaveUpTo1MiB) {
  std::string line = R"({"event":"joined","clients":7})";
  line.resize(1'048'576, ' ');
  EXPECT_EQ(std::get<event::Joined>(RunEventFromJson(line).value()).clients, 7U);
  EXPECT_TRUE(absl::IsInvalidArgument(RunEventFromJson(line + " ").status()));
}

TEST(LedgerLimits, TokensHaveOneTo256Bytes) {
  EXPECT_FALSE(CheckToken("").ok());
  EXPECT_TRUE(CheckToken("a").ok());
  EXPECT_TRUE(CheckToken(std::string(256, 'a')).ok());
  EXPECT_FALSE(CheckToken(std::string(257, 'a')).ok());
}

}  // namespace
}  // namespace fedround::ledger
