// What a killed coordinator leaves can be read, wherever it is, and reading does not change it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include <cstdlib>
#include <functional>
#include <system_error>

#include "absl/strings/match.h"
#include "common/ledger/store/run_reader.h"
#include "tests/common/ledger/ledger_test_support.h"

namespace fedround::ledger {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Runs `write` in a process that ends without cleaning up.
void Killed(const std::function<void()>& write) {
  const pid_t pid = fork();
  if (pid == 0) {
    write();
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int ExitBeforeTheJournalGoes(const char* path) {
  if (absl::EndsWith(path, "-journal")) _exit(0);
  return unlink(path);
}

// A run of one round that was killed when all but its last journal was gone.
std::string KilledInItsLastSwitch() {
  std::string folder = TestFolder();
  Killed([&folder] {
    auto recorder = RunRecorder::Create(folder).value();
    if (!recorder->CommitRound(SampleRound(1)).ok()) _exit(1);
    // Only now, since a new ledger switches journals as well.
    sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
    vfs->xSetSystemCall(vfs, "unlink",
                        reinterpret_cast<sqlite3_syscall_ptr>(ExitBeforeTheJournalGoes));
    recorder->Finish({RunOutcome::kDone, "", 0}).IgnoreError();
    _exit(2);  // there was no journal
  });
  return folder;
}

// A run that was killed after its first round.
std::string KilledInItsSecondRound() {
  std::string folder = TestFolder();
  Killed([&folder] {
    auto recorder = RunRecorder::Create(folder).value();
    if (!recorder->CommitRound(SampleRound(1)).ok()) _exit(1);
    _exit(0);
  });
  return folder;
}

std::vector<std::string> FilesIn(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.push_back(entry.path().filename());
  }
  std::ranges::sort(names);
  return names;
}

// While it lives, nothing in the folder can be written, by root neither.
class ReadOnly {
 public:
  explicit ReadOnly(std::string folder) : folder_(std::move(folder)) {
    for (const auto& entry : fs::directory_iterator(folder_)) {
      fs::permissions(entry, fs::perms(0444));
    }
    fs::permissions(folder_, fs::perms(0555));
    if (geteuid() == 0) SetUser(kNobody);
  }
  ~ReadOnly() {
    if (getuid() == 0) SetUser(0);
    fs::permissions(folder_, fs::perms(0755));
  }

 private:
  static constexpr uid_t kNobody = 65534;
  static void SetUser(uid_t user) { EXPECT_EQ(seteuid(user), 0); }

  const std::string folder_;
};

TEST(KilledRun, InItsLastJournalSwitchIsReadAsFinished) {
  const std::string folder = KilledInItsLastSwitch();
  const std::vector<std::string> files = FilesIn(folder);
  EXPECT_THAT(files, testing::Contains("ledger.sqlite-journal"));
  EXPECT_THAT(Query(folder, "SELECT round FROM rounds"), ElementsAre("1"));
  EXPECT_THAT(Query(folder, "SELECT outcome FROM verdict"), ElementsAre("done"));
  EXPECT_EQ(FilesIn(folder), files);
}

TEST(KilledRun, InItsLastJournalSwitchIsReadWhereNothingCanBeWritten) {
  const std::string folder = KilledInItsLastSwitch();
  const ReadOnly read_only(folder);
  EXPECT_THAT(Query(folder, "SELECT outcome FROM verdict"), ElementsAre("done"));
}

TEST(KilledRun, WithItsLogIsReadWhereNothingCanBeWritten) {
  const std::string folder = KilledInItsSecondRound();
  const ReadOnly read_only(folder);
  EXPECT_THAT(Query(folder, "SELECT round FROM rounds"), ElementsAre("1"));
}

TEST(KilledRun, CopiedWithoutTheIndexOfItsLogIsReadWhereNothingCanBeWritten) {
  const std::string folder = KilledInItsSecondRound();
  ASSERT_TRUE(fs::remove(folder + "/ledger.sqlite-shm"));
  const ReadOnly read_only(folder);
  EXPECT_THAT(Query(folder, "SELECT round FROM rounds"), ElementsAre("1"));
  EXPECT_THAT(ReadFoldedSets(folder).value(), ElementsAre(ElementsAre(3, 5)));
}

TEST(KilledRun, BetweenItsLogAndItsLastSwitchIsReadWhereNothingCanBeWritten) {
  const std::string folder = TestFolder();
  // Closing a database takes its log away; the file still says that it has one.
  ASSERT_TRUE(Database::Create(folder + "/ledger.sqlite", "CREATE TABLE t (x INTEGER)").ok());
  ASSERT_THAT(FilesIn(folder), ElementsAre("ledger.sqlite"));
  const ReadOnly read_only(folder);
  EXPECT_THAT(Query(folder, "SELECT count(*) FROM t"), ElementsAre("0"));
}

// SQLite would delete the file that such a journal names.
TEST(KilledRun, WithAJournalThatNamesAnotherIsRefused) {
  const std::string folder = KilledInItsLastSwitch();
  const std::string path = folder + "/ledger.sqlite-journal";
  const std::string journal = ReadFile(path).value();
  ASSERT_TRUE(WriteFileAtomically(path, journal + "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7").ok());
  const absl::Status status = Database::OpenUntrusted(folder + "/ledger.sqlite").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("a journal that refers to another file"));
}

TEST(KilledRun, LeavesNothingInTheTemporaryFolder) {
  const std::string folder = KilledInItsLastSwitch();
  const std::string temporary = folder + "/tmp";
  ASSERT_TRUE(MakeFolders(temporary).ok());
  setenv("TMPDIR", temporary.c_str(), 1);
  {
    Database database = Database::OpenUntrusted(folder + "/ledger.sqlite").value();
    EXPECT_THAT(FilesIn(temporary), ElementsAre());
    Statement rows = database.Prepare("SELECT outcome FROM verdict").value();
    EXPECT_TRUE(rows.Next().value());
  }
  unsetenv("TMPDIR");
}

TEST(KilledRun, IsNotDamagedWhereNoCopyOfItCanBeMade) {
  const std::string folder = KilledInItsLastSwitch();
  setenv("TMPDIR", "/no/such/folder", 1);
  const absl::Status status = ReadFoldedSets(folder).status();
  unsetenv("TMPDIR");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("TMPDIR: "));
}

// It is sparse: only its copy would take so much.
TEST(KilledRun, ThatSaysItIsLargerThanTheDiskIsNotCopied) {
  const std::string folder = KilledInItsLastSwitch();
  const std::string temporary = folder + "/tmp";
  ASSERT_TRUE(MakeFolders(temporary).ok());
  std::error_code error;
  fs::resize_file(folder + "/ledger.sqlite", fs::space(temporary).capacity + (1U << 30), error);
  // What a file system calls a large file is its own affair: the rest of this test needs one.
  if (error) GTEST_SKIP() << "no file can be so large: " << error.message();
  setenv("TMPDIR", temporary.c_str(), 1);
  const absl::Status status = ReadFoldedSets(folder).status();
  unsetenv("TMPDIR");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("set TMPDIR to a folder with more room"));
  EXPECT_THAT(FilesIn(temporary), ElementsAre());
}

}  // namespace
}  // namespace fedround::ledger
