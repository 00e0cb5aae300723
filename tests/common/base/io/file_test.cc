#include "common/base/io/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <iterator>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace fedround {
namespace {

std::string Path(const std::string& name) { return ::testing::TempDir() + "/file_test_" + name; }

TEST(ErrnoStatus, TellsAFullDiskFromOtherErrors) {
  EXPECT_TRUE(absl::IsResourceExhausted(ErrnoStatus(ENOSPC, "x")));
  EXPECT_TRUE(absl::IsResourceExhausted(ErrnoStatus(EDQUOT, "x")));
  EXPECT_EQ(ErrnoStatus(EIO, "x").code(), absl::StatusCode::kUnknown);
}

TEST(WriteFileAtomically, ReplacesTheWholeFile) {
  const std::string path = Path("replace");
  ASSERT_TRUE(WriteFileAtomically(path, "a long first version").ok());
  ASSERT_TRUE(WriteFileAtomically(path, "second").ok());
  EXPECT_EQ(*ReadFile(path), "second");
}

TEST(WriteFileAtomically, SetsTheMode) {
  const std::string path = Path("mode");
  ASSERT_TRUE(WriteFileAtomically(path, "secret", 0600).ok());
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

// Where others can write the folder, they can have been there first.
TEST(WriteFileAtomically, WritesThroughNoFileThatWasThereBefore) {
  const std::string folder = Path("others");
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(MakeFolders(folder).ok());
  ASSERT_TRUE(WriteFileAtomically(folder + "/mine", "mine").ok());
  const std::string path = folder + "/endpoint.json";
  std::filesystem::create_symlink("mine", absl::StrCat(path, ".", getpid(), ".tmp"));
  std::filesystem::create_symlink("mine", path);
  ASSERT_TRUE(WriteFileAtomically(path, "token", 0600).ok());
  EXPECT_EQ(*ReadFile(folder + "/mine"), "mine");
  EXPECT_FALSE(std::filesystem::is_symlink(path));
  EXPECT_EQ(*ReadFile(path), "token");
}

TEST(AtomicFile, HasAnotherNameAsideEachTime) {
  const std::string folder = Path("aside");
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(MakeFolders(folder).ok());
  const auto first = AtomicFile::Create(folder + "/file");
  const auto second = AtomicFile::Create(folder + "/file");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 2);
}

TEST(MakePrivateFolder, TakesAwayWhatOthersMay) {
  const std::string path = Path("private");
  std::filesystem::remove_all(path);
  ASSERT_EQ(mkdir(path.c_str(), 0777), 0);
  ASSERT_EQ(chmod(path.c_str(), 0777), 0);
  ASSERT_TRUE(MakePrivateFolder(path).ok());
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
}

TEST(WriteFileAtomically, NamesTheFolderThatIsMissing) {
  const absl::Status status = WriteFileAtomically("/no/such/folder/file", "x");
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_NE(status.message().find("/no/such/folder/file"), absl::string_view::npos);
}

TEST(ReadFile, RefusesMoreThanTheLimit) {
  const std::string path = Path("limit");
  ASSERT_TRUE(WriteFileAtomically(path, "12345").ok());
  EXPECT_TRUE(absl::IsResourceExhausted(ReadFile(path, 4).status()));
  EXPECT_TRUE(ReadFile(path, 5).ok());
}

TEST(ReadFile, RefusesAFolder) {
  EXPECT_TRUE(absl::IsInvalidArgument(ReadFile(::testing::TempDir()).status()));
}

TEST(ReadFile, DoesNotWaitForTheWriterOfANamedPipe) {
  const std::string path = Path("pipe");
  unlink(path.c_str());
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const absl::Status status = ReadFile(path, 1).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_NE(status.message().find(path + ": is a named pipe"), absl::string_view::npos) << status;
}

TEST(ReadFile, RefusesADevice) {
  EXPECT_TRUE(absl::IsInvalidArgument(ReadFile("/dev/zero", 1).status()));
}

TEST(OpenForRead, WaitsForWhatIsReadLater) {
  const std::string path = Path("flags");
  ASSERT_TRUE(WriteFileAtomically(path, "x").ok());
  const auto fd = OpenForRead(path);
  ASSERT_TRUE(fd.ok());
  EXPECT_EQ(fcntl(fd->get(), F_GETFL) & O_NONBLOCK, 0);
}

// Both ends of a pipe.
struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    read = Fd(ends[0]);
    write = Fd(ends[1]);
  }
  Fd read;
  Fd write;
};

void Send(Pipe& pipe, absl::string_view text) {
  ASSERT_EQ(write(pipe.write.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  pipe.write = Fd();
}

TEST(ReadStream, ReadsToTheEnd) {
  Pipe pipe;
  Send(pipe, "12345");
  EXPECT_EQ(*ReadStream(pipe.read.get(), "p", 5), "12345");
}

TEST(ReadStream, RefusesMoreThanTheLimit) {
  Pipe pipe;
  Send(pipe, "12345");
  const absl::Status status = ReadStream(pipe.read.get(), "p", 4).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status));
  EXPECT_EQ(status.message(), "p: more than 4 bytes, which is the limit");
}

TEST(ReadStream, WaitsWhereTheDescriptorDoesNot) {
  Pipe pipe;
  ASSERT_EQ(fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK), 0);
  std::thread writer([&pipe] { Send(pipe, "late"); });
  EXPECT_EQ(*ReadStream(pipe.read.get(), "p", 9), "late");
  writer.join();
}

TEST(ReadStream, SaysWhichDescriptorIsClosed) {
  const absl::Status status = ReadStream(-1, "/dev/stdin", 9).status();
  EXPECT_NE(status.message().find("/dev/stdin: "), absl::string_view::npos) << status;
}

TEST(DescriptorNamed, KnowsTheNamesOfDescriptors) {
  EXPECT_EQ(DescriptorNamed("/dev/stdin"), 0);
  EXPECT_EQ(DescriptorNamed("/dev/fd/63"), 63);
  EXPECT_EQ(DescriptorNamed("/proc/self/fd/7"), 7);
  for (const absl::string_view other :
       {"stdin", "/dev/fd/", "/dev/fd/x", "/dev/fd/-1", "dev/fd/1"}) {
    EXPECT_EQ(DescriptorNamed(other), std::nullopt) << other;
  }
}

TEST(ReadExactly, SaysWhereTheFileEnds) {
  const std::string path = Path("short");
  ASSERT_TRUE(WriteFileAtomically(path, "12345").ok());
  const auto fd = OpenForRead(path);
  std::vector<std::byte> out(4);
  const absl::Status status = ReadExactly(*fd, 2, out, path);
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_NE(status.message().find("ends at byte 5, needs 6"), absl::string_view::npos) << status;
}

TEST(FileLock, KeepsASecondHolderOut) {
  const std::string path = Path("lock");
  auto first = FileLock::TryAcquire(path);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(FileLock::TryAcquire(path).status()));
  { FileLock released = *std::move(first); }
  EXPECT_TRUE(FileLock::TryAcquire(path).ok());
}

}  // namespace
}  // namespace fedround
