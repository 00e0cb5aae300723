#include "common/data/cache_folder.h"

#include <gmock/gmock.h>

#include "common/base/io/file.h"
#include "common/data/cache_file.h"
#include "common/data/dataset.h"
#include "tests/common/data/data_files.h"

namespace fedround::data {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class CacheFolder : public DatasetTest {
 protected:
  // No test's cache lies in the machine's temporary folder.
  CacheFolder() : temporary_("TMPDIR", folder_.path()) {}

  static void MakeEntry() {
    const PlugIn npz{"npz", {{"path", GoldenPath("data_uint8.npz")}}};
    EXPECT_TRUE(Dataset::Open(npz, 1, 1).ok());
  }
  std::string InCache(const std::string& name) const { return cache_.File("fedround/" + name); }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(cache_.File("fedround"))) {
      if (entry.path().extension() != ".lock") names.push_back(entry.path().filename().string());
    }
    return names;
  }

 private:
  ScopedVariable temporary_;
};

TEST_F(CacheFolder, HasNoEntriesWhereThereIsNoFolder) {
  EXPECT_THAT(ListCache(), IsEmpty());
  EXPECT_EQ(ClearCache().data_sets, 0U);
}

TEST_F(CacheFolder, ListsWhatWasCached) {
  MakeEntry();
  const std::vector<CacheEntry> entries = ListCache();
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].path, CacheFiles()[0]);
  EXPECT_EQ(entries[0].dataset, "npz");
  EXPECT_EQ(entries[0].bytes, std::filesystem::file_size(entries[0].path));
  EXPECT_EQ(entries[0].format, kCacheFormat);
  EXPECT_GT(entries[0].made_s, 1'700'000'000);
}

TEST_F(CacheFolder, ClearFreesItsFilesAndWhatStoppedProcessesLeft) {
  MakeEntry();
  const std::uint64_t bytes = ListCache()[0].bytes;
  WriteAll(CacheFiles()[0] + ".0123456789abcdef.tmp", "unfinished");
  const ClearedCache cleared = ClearCache();
  EXPECT_EQ(cleared.data_sets, 1U);
  EXPECT_EQ(cleared.bytes, bytes + 10);
  EXPECT_THAT(cleared.failed, IsEmpty());
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(CacheFolder, ClearLeavesWhatIsNotOfTheCache) {
  MakeEntry();
  const std::string entry = CacheFiles()[0];
  const std::string contents = ReadAll(entry);
  WriteAll(InCache("npz-0123456789abcdef.data"), "something else of that name");
  WriteAll(InCache("npz-0123456789abcdef.data.tmp"), contents);
  WriteAll(InCache("npz-0123456789ABCDEF.data"), contents);
  WriteAll(InCache("npz-123.data"), contents);
  WriteAll(InCache("-0123456789abcdef.data"), contents);
  std::filesystem::create_symlink(entry, InCache("npz-1123456789abcdef.data"));
  std::filesystem::create_directory(InCache("npz-2123456789abcdef.data"));
  EXPECT_THAT(ListCache(), SizeIs(1));
  EXPECT_EQ(ClearCache().data_sets, 1U);
  EXPECT_THAT(Names(), SizeIs(7));
}

TEST_F(CacheFolder, ClearLeavesWhatIsBeingWritten) {
  MakeEntry();
  const std::string entry = CacheFiles()[0];
  const std::string aside = entry + ".0123456789abcdef.tmp";
  WriteAll(aside, "unfinished");
  const auto lock = FileLock::TryAcquire(entry + ".lock");
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(ClearCache().data_sets, 1U);
  EXPECT_TRUE(std::filesystem::exists(aside));
  EXPECT_TRUE(std::filesystem::exists(entry + ".lock"));
}

TEST_F(CacheFolder, ClearDoesNotTakeAnOpenFileAway) {
  const PlugIn npz{"npz", {{"path", GoldenPath("data_uint8.npz")}}};
  const auto dataset = Dataset::Open(npz, 1, 1);
  ASSERT_TRUE(dataset.ok());
  EXPECT_EQ(ClearCache().data_sets, 1U);
  EXPECT_TRUE(dataset->Read(Split::kTrain, std::vector<std::uint32_t>{0}).ok());
  EXPECT_THAT(ListCache(), IsEmpty());  // it was not decoded again
}

}  // namespace
}  // namespace fedround::data
