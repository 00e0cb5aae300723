#include "common/data/cache.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/data/dataset.h"
#include "tests/common/data/data_files.h"

namespace fedround::data {
namespace {

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
  decoded.natural_clients = {5, 6};
  return decoded;
}

class Cache : public DatasetTest {
 protected:
  // Opens the cache file and counts how often it had to be decoded.
  absl::StatusOr<CachedDataset> Open() {
    return OpenOrBuildCache(path(), "tiny", [this]() -> absl::StatusOr<Decoded> {
      ++decoded_;
      return TinyData();
    });
  }
  std::string path() const { return folder_.File("tiny.data"); }

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
  EXPECT_EQ(cache->hash, ContentHash(TinyData()));
  EXPECT_EQ(ReadAll(path()).substr(cache->train.values_offset), "\7\7\7\7\10\10");
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
  const std::uint64_t values_offset = Open()->train.values_offset;
  const std::string whole = ReadAll(path());
  for (std::size_t i = 0; i < values_offset; i += 7) {
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
  const auto cache = OpenOrBuildCache(path(), "tiny", []() -> absl::StatusOr<Decoded> {
    Decoded decoded = TinyData();
    decoded.train.labels[1] = 2;
    return decoded;
  });
  EXPECT_THAT(cache.status().ToString(), HasSubstr("tiny: training row 1: label 2"));
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(Cache, LeavesNoFileAside) {
  ASSERT_TRUE(Open().ok());
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    names.push_back(entry.path().filename().string());
  }
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("tiny.data", "tiny.data.lock"));
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
    const auto cache = OpenOrBuildCache(path(), "tiny", [&]() -> absl::StatusOr<Decoded> {
      WriteAll(folder_.File(absl::StrCat("decoded", self)), "");
      if (read(started[1 - self][0], &mark, 1) != 1) return absl::InternalError("pipe");
      return TinyData();
    });
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

TEST_F(Cache, IsNamedAnewWhenASourceChanges) {
  const PlugIn npz{"npz", {{"path", folder_.File("data.npz")}}};
  WriteAll(folder_.File("data.npz"), ReadAll(GoldenPath("data_uint8.npz")));
  const std::string before = Dataset::Open(npz, 1, 0)->hash();
  WriteAll(folder_.File("data.npz"), ReadAll(GoldenPath("data_float64_clients.npz")));
  EXPECT_NE(Dataset::Open(npz, 1, 0)->hash(), before);
}

TEST_F(Cache, IsSharedBySeedsUnlessTheSetIsGenerated) {
  const PlugIn npz{"npz", {{"path", GoldenPath("data_uint8.npz")}}};
  ASSERT_TRUE(Dataset::Open(npz, 1, 1).ok());
  ASSERT_TRUE(Dataset::Open(npz, 1, 2).ok());
  EXPECT_EQ(CacheFiles().size(), 1U);
}

TEST_F(Cache, GivesADataLossWhenItShrinksUnderAReader) {
  const auto dataset = Dataset::Open({"npz", {{"path", GoldenPath("data_uint8.npz")}}}, 1, 0);
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  ASSERT_EQ(truncate(CacheFiles().front().c_str(), 200), 0);
  const auto examples = dataset->Read(Split::kTest, std::vector<std::uint32_t>{1});
  EXPECT_TRUE(absl::IsDataLoss(examples.status())) << examples.status();
}

TEST_F(Cache, FolderFollowsXdgThenHome) {
  EXPECT_EQ(*CacheFolder(), cache_.File("fedround"));
  unsetenv("XDG_CACHE_HOME");
  const ScopedVariable home("HOME", folder_.path());
  EXPECT_EQ(*CacheFolder(), folder_.File(".cache/fedround"));
}

}  // namespace
}  // namespace fedround::data
