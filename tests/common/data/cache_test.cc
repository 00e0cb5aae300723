#include "common/data/cache.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "common/data/client_names.h"
#include "common/data/dataset.h"
#include "tests/common/data/data_files.h"

namespace fedround::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Decoded TinyData() {
  Decoded decoded;
  decoded.type = ValueType::kUint8;
  decoded.shape = {2, 1, 1};
  decoded.classes = 2;
  decoded.train = {AlignedBuffer<std::byte>(4), {0, 1}};
  decoded.test = {AlignedBuffer<std::byte>(2), {1}};
  std::memset(decoded.train.values.data(), 7, 4);
  std::memset(decoded.test.values.data(), 8, 2);
  decoded.natural_clients = {0, 1};
  decoded.client_names = PackNames({"ann", "bob"});
  decoded.layout = ImageLayout::kNchw;
  return decoded;
}

int flock_error = 0;  // that every lock fails with; 0: none

std::string Bytes(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class Cache : public DatasetTest {
 protected:
  ~Cache() override { flock_error = 0; }

  // Opens the data set and counts how often it had to be decoded.
  absl::StatusOr<CachedDataset> Open(const std::string& known_hash = "") {
    return OpenOrBuildCache({.file = "tiny.data",
                             .name = "tiny",
                             .sources = {},
                             .known_hash = known_hash,
                             .decode = [this]() -> absl::StatusOr<Decoded> {
                               ++decoded_;
                               Decoded decoded = TinyData();
                               decoded.train.labels[1] = second_label_;
                               return decoded;
                             }});
  }
  std::string path() const { return cache_.File("fedround/tiny.data"); }

  // Without the checksum that follows.
  static absl::StatusOr<std::string> ReadRow(const CachedDataset& cache, const CachedSplit& split,
                                             std::uint32_t row) {
    std::vector<std::byte> out(cache.stride());
    const absl::Status status = cache.Read(split, std::span(&row, 1), out);
    if (!status.ok()) return status;
    return Bytes(out).substr(0, cache.shape.size());
  }

  std::uint32_t second_label_ = 1;
  int decoded_ = 0;
};

TEST_F(Cache, KeepsEverything) {
  const auto cache = Open();
  ASSERT_TRUE(cache.ok()) << cache.status();
  EXPECT_EQ(cache->type, ValueType::kUint8);
  EXPECT_EQ(cache->shape, (FeatureShape{2, 1, 1}));
  EXPECT_EQ(cache->classes, 2U);
  EXPECT_EQ(cache->train.labels, TinyData().train.labels);
  EXPECT_EQ(cache->test.labels, TinyData().test.labels);
  EXPECT_EQ(cache->natural_clients, TinyData().natural_clients);
  EXPECT_EQ(cache->client_names, TinyData().client_names);
  EXPECT_EQ(cache->layout, TinyData().layout);
  EXPECT_EQ(cache->hash, ContentHash(TinyData()));
  EXPECT_EQ(*ReadRow(*cache, cache->train, 0), "\7\7");
  EXPECT_EQ(*ReadRow(*cache, cache->train, 1), "\7\7");
  EXPECT_EQ(*ReadRow(*cache, cache->test, 0), "\10\10");
  EXPECT_EQ(cache->warning, "");
}

TEST_F(Cache, DecodesOnce) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(decoded_, 1);
}

TEST_F(Cache, IsMadeAnewAfterATruncation) {
  ASSERT_TRUE(Open().ok());
  const std::string whole = ReadAll(path());
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    WriteAll(path(), whole.substr(0, length));
    decoded_ = 0;
    ASSERT_TRUE(Open().ok()) << length;
    EXPECT_EQ(decoded_, 1) << length;
    EXPECT_EQ(ReadAll(path()), whole) << length;
  }
}

TEST_F(Cache, IsMadeAnewAfterDamageToHeaderOrLabels) {
  const std::uint64_t rows_offset = Open()->train.offset;
  const std::string whole = ReadAll(path());
  for (std::size_t i = 0; i < rows_offset; i += 7) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    WriteAll(path(), damaged);
    decoded_ = 0;
    ASSERT_TRUE(Open().ok()) << i;
    EXPECT_EQ(decoded_, 1) << i;
  }
}

TEST_F(Cache, IsMadeAnewWhenBytesFollow) {
  ASSERT_TRUE(Open().ok());
  WriteAll(path(), ReadAll(path()) + "x");
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(decoded_, 2);
}

TEST_F(Cache, KeepsNothingThatIsWrong) {
  second_label_ = 2;
  const auto cache = Open();
  EXPECT_THAT(cache.status().ToString(), HasSubstr("tiny: training row 1: label 2"));
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(Cache, KeepsNothingOfAFileThatChangesWhileItIsRead) {
  const std::string source = folder_.File("source");
  WriteAll(source, "old");
  const auto decode = [&]() -> absl::StatusOr<Decoded> {
    WriteAll(source, "new");
    return TinyData();
  };
  const auto cache = OpenOrBuildCache({.file = "tiny.data",
                                       .name = "tiny",
                                       .sources = {source},
                                       .known_hash = "",
                                       .decode = decode});
  EXPECT_TRUE(absl::IsAborted(cache.status())) << cache.status();
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(Cache, LeavesNoFileAside) {
  ASSERT_TRUE(Open().ok());
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(cache_.File("fedround"))) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("tiny.data", "tiny.data.lock"));
}

TEST_F(Cache, RemovesTheFileAsideOfAStoppedProcess) {
  ASSERT_EQ(mkdir(cache_.File("fedround").c_str(), 0700), 0);
  const std::string stale = path() + ".0123456789abcdef.tmp";
  const std::string of_another = cache_.File("fedround/other.data.0123456789abcdef.tmp");
  WriteAll(stale, "half of it");
  WriteAll(of_another, "in the making");
  ASSERT_TRUE(Open().ok());
  EXPECT_FALSE(std::filesystem::exists(stale));
  EXPECT_TRUE(std::filesystem::exists(of_another));
}

TEST_F(Cache, HasNoFileAsideWhileItIsDecoded) {
  std::vector<std::string> names;
  const auto decode = [&]() -> absl::StatusOr<Decoded> {
    for (const auto& entry : std::filesystem::directory_iterator(cache_.File("fedround"))) {
      names.push_back(entry.path().filename().string());
    }
    return TinyData();
  };
  ASSERT_TRUE(
      OpenOrBuildCache(
          {.file = "tiny.data", .name = "tiny", .sources = {}, .known_hash = "", .decode = decode})
          .ok());
  EXPECT_THAT(names, ElementsAre("tiny.data.lock"));
}

// Whoever decodes waits until the other process has been started, so both are there before the file
// is.
TEST_F(Cache, IsDecodedByOneOfTwoProcessesThatStartAtOnce) {
  int started[2][2];  // pipes: [of process][read, write]
  ASSERT_EQ(pipe(started[0]), 0);
  ASSERT_EQ(pipe(started[1]), 0);
  const auto run = [&](int self) {
    char mark = 'x';
    if (write(started[self][1], &mark, 1) != 1) return 1;
    const auto decode = [&]() -> absl::StatusOr<Decoded> {
      WriteAll(folder_.File(absl::StrCat("decoded", self)), "");
      if (read(started[1 - self][0], &mark, 1) != 1) return absl::InternalError("pipe");
      return TinyData();
    };
    const auto cache = OpenOrBuildCache(
        {.file = "tiny.data", .name = "tiny", .sources = {}, .known_hash = "", .decode = decode});
    return cache.ok() ? 0 : 2;
  };
  pid_t children[2];
  for (int i = 0; i < 2; ++i) {
    children[i] = fork();
    if (children[i] == 0) _exit(run(i));
  }
  for (int i = 0; i < 2; ++i) {
    int status = -1;
    ASSERT_EQ(waitpid(children[i], &status, 0), children[i]);
    EXPECT_EQ(status, 0);
    close(started[i][0]);
    close(started[i][1]);
  }
  EXPECT_NE(std::filesystem::exists(folder_.File("decoded0")),
            std::filesystem::exists(folder_.File("decoded1")));
}

TEST_F(Cache, ReturnsNoRowThatWasChanged) {
  const auto cache = Open();
  ASSERT_TRUE(cache.ok()) << cache.status();
  const std::string whole = ReadAll(path());
  for (std::size_t i = cache->train.offset; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    WriteAll(path(), damaged);
    const std::size_t row = (i - cache->train.offset) / cache->stride();
    const auto read = row < 2 ? ReadRow(*cache, cache->train, static_cast<std::uint32_t>(row))
                              : ReadRow(*cache, cache->test, 0);
    EXPECT_TRUE(absl::IsDataLoss(read.status())) << i;
  }
}

// All training rows of TinyData are equal.
TEST_F(Cache, ReturnsNoRowInPlaceOfAnother) {
  const auto cache = Open();
  ASSERT_TRUE(cache.ok()) << cache.status();
  std::string swapped = ReadAll(path());
  swapped.replace(cache->train.offset, cache->stride(),
                  swapped.substr(cache->train.offset + cache->stride(), cache->stride()));
  WriteAll(path(), swapped);
  EXPECT_THAT(ReadRow(*cache, cache->train, 0).status().ToString(),
              HasSubstr("tiny.data: training row 0 does not match its checksum"));
}

TEST_F(Cache, IsSharedBySeedsUnlessTheSetIsGenerated) {
  const PlugIn npz{"npz", {{"path", GoldenPath("data_uint8.npz")}}};
  ASSERT_TRUE(Dataset::Open(npz, 1, 1).ok());
  ASSERT_TRUE(Dataset::Open(npz, 1, 2).ok());
  EXPECT_EQ(CacheFiles().size(), 1U);
}

TEST_F(Cache, IsForItsUserAlone) {
  const std::string folder = cache_.File("fedround");
  ASSERT_EQ(mkdir(folder.c_str(), 0755), 0);
  ASSERT_TRUE(Open().ok());
  struct stat info {};
  ASSERT_EQ(stat(folder.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
  ASSERT_EQ(stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(Cache, FollowsALinkFromTheUsersOwnFolder) {
  std::filesystem::create_directory_symlink(folder_.path(), cache_.File("fedround"));
  EXPECT_EQ(Open()->warning, "");
  EXPECT_TRUE(std::filesystem::exists(folder_.File("tiny.data")));
}

TEST_F(Cache, LeavesTheTemporaryFolderAloneWhereItIsNotNeeded) {
  const ScopedVariable temporary("TMPDIR", folder_.path());
  ASSERT_TRUE(Open().ok());
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(Cache, FolderFollowsXdgThenHome) {
  const ScopedVariable temporary("TMPDIR", "/var/tmp");
  const std::string last = absl::StrCat("/var/tmp/fedround-", geteuid());
  EXPECT_THAT(CacheFolders(), ElementsAre(cache_.File("fedround"), last));
  unsetenv("XDG_CACHE_HOME");
  const ScopedVariable home("HOME", folder_.path());
  EXPECT_THAT(CacheFolders(), ElementsAre(folder_.File(".cache/fedround"), last));
  unsetenv("HOME");
  EXPECT_THAT(CacheFolders(), ElementsAre(last));
}

// Nothing can be created below a file, not even by root.
class CacheWithoutItsFolder : public Cache {
 protected:
  CacheWithoutItsFolder() {
    WriteAll(folder_.File("file"), "");
    setenv("XDG_CACHE_HOME", folder_.File("file/cache").c_str(), 1);
  }
};

TEST_F(CacheWithoutItsFolder, IsKeptInTheTemporaryFolderAndSaysSo) {
  const ScopedVariable temporary("TMPDIR", folder_.path());
  const std::string folder = folder_.File(absl::StrCat("fedround-", geteuid()));
  EXPECT_EQ(Open()->warning,
            absl::StrCat("decoded data is kept in ", folder, " (", folder_.File("file/cache"),
                         ": Not a directory); set XDG_CACHE_HOME to a folder that can be written"));
  EXPECT_TRUE(std::filesystem::exists(folder + "/tiny.data"));
  EXPECT_NE(Open()->warning, "");
  EXPECT_EQ(decoded_, 1);
  EXPECT_EQ(Open()->path, folder + "/tiny.data");
}

TEST_F(CacheWithoutItsFolder, IsKeptInTheTemporaryFolderWhereNoVariableNamesAnother) {
  const ScopedVariable temporary("TMPDIR", folder_.path());
  const ScopedVariable home("HOME", "");
  unsetenv("XDG_CACHE_HOME");
  EXPECT_THAT(Open()->warning, HasSubstr("neither XDG_CACHE_HOME nor HOME names a folder"));
}

TEST_F(CacheWithoutItsFolder, IsNotKeptInATemporaryFolderThatIsALink) {
  const ScopedVariable temporary("TMPDIR", folder_.path());
  std::filesystem::create_directory_symlink(cache_.path(),
                                            folder_.File(absl::StrCat("fedround-", geteuid())));
  EXPECT_THAT(Open()->warning, HasSubstr("each process decodes it for itself"));
}

TEST_F(CacheWithoutItsFolder, IsInMemoryWhereNothingCanBeWritten) {
  const ScopedVariable temporary("TMPDIR", folder_.File("file"));
  const auto cache = Open();
  ASSERT_TRUE(cache.ok()) << cache.status();
  EXPECT_THAT(cache->warning, HasSubstr("each process decodes it for itself; set XDG_CACHE_HOME"));
  EXPECT_EQ(*ReadRow(*cache, cache->train, 1), "\7\7");
  EXPECT_EQ(*ReadRow(*cache, cache->test, 0), "\10\10");
}

TEST_F(Cache, IsKeptElsewhereWhereItsFileCannotBeWritten) {
  const ScopedVariable temporary("TMPDIR", folder_.path());
  std::filesystem::create_directories(path());
  EXPECT_THAT(Open()->warning, HasSubstr("tiny.data: Is a directory"));
}

// Of network file systems.
TEST_F(Cache, IsKeptWhereThereAreNoLocks) {
  for (const int error : {ENOLCK, ENOSYS, EOPNOTSUPP, EINVAL}) {
    flock_error = error;
    std::filesystem::remove_all(cache_.File("fedround"));
    const auto cache = Open();
    ASSERT_TRUE(cache.ok()) << cache.status();
    EXPECT_EQ(cache->path, path());
  }
}

}  // namespace

// In place of the C library's.
extern "C" int flock(int fd, int operation) noexcept {
  if (flock_error == 0) return static_cast<int>(syscall(SYS_flock, fd, operation));
  errno = flock_error;
  return -1;
}

}  // namespace fedround::data
