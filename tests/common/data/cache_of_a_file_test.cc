// The cache of a data set that stands in a file, and the file changes.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "common/data/cache.h"
#include "common/data/dataset.h"
#include "tests/common/data/data_files.h"

namespace fedround::data {
namespace {

// Six training rows of two bytes, all of value `x`, and two test rows.
std::string Npz(char x) {
  return ZipFile({{"x_train.npy", NpyFile("|u1", {6, 2}, std::string(12, x))},
                  {"y_train.npy", NpyFile("|u1", {6}, {0, 1, 0, 1, 0, 1})},
                  {"x_test.npy", NpyFile("|u1", {2, 2}, std::string(4, x))},
                  {"y_test.npy", NpyFile("|u1", {2}, {0, 1})}});
}

class CacheOfAFile : public DatasetTest {
 protected:
  CacheOfAFile() { WriteAll(npz_, Npz('\x33')); }

  absl::StatusOr<Dataset> Open(const std::string& known_hash = "") const {
    return Dataset::Open({"npz", {{"path", npz_}}}, 1, 0, ImageLayout::kAuto, known_hash);
  }
  // Other numbers in the same file, of the same size, with the same time of modification.
  void ChangeBehindItsTime() const {
    const auto time = std::filesystem::last_write_time(npz_);
    WriteAll(npz_, Npz('\x66'));
    std::filesystem::last_write_time(npz_, time);
  }
  static float FirstInput(const Dataset& dataset) {
    const auto examples = dataset.Read(Split::kTrain, std::vector<std::uint32_t>{4});
    EXPECT_TRUE(examples.ok()) << examples.status();
    std::vector<float> inputs(2);
    std::vector<std::uint32_t> labels(1);
    examples->Gather(std::vector<std::uint32_t>{0}, inputs, labels);
    return inputs[0];
  }
  void DamageAllRows() const {
    const std::string path = CacheFiles().front();
    const std::size_t rows = 8 * (2 + sizeof(std::uint64_t));
    const std::string whole = ReadAll(path);
    WriteAll(path, whole.substr(0, whole.size() - rows) + std::string(rows, '\0'));
  }

  const std::string npz_ = folder_.File("data.npz");
};

TEST_F(CacheOfAFile, IsMadeAnewWhenTheFileChangesBehindSizeAndTime) {
  const std::string before = Open()->hash();
  ChangeBehindItsTime();
  const auto after = Open();
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_NE(after->hash(), before);
  EXPECT_FLOAT_EQ(FirstInput(*after), 0.4F);
  EXPECT_EQ(CacheFiles().size(), 1U);
}

TEST_F(CacheOfAFile, GivesKnownContentsWithoutALookAtTheFile) {
  const std::string known = Open()->hash();
  ChangeBehindItsTime();
  EXPECT_EQ(Open(known)->hash(), known);
}

TEST_F(CacheOfAFile, GivesWhatTheFileHoldsWhereKnownContentsAreNotCached) {
  const std::string before = Open()->hash();
  const auto dataset = Open(std::string(64, '0'));
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ(dataset->hash(), before);
}

TEST_F(CacheOfAFile, IsMadeAnewByWhoReadsADamagedRow) {
  const auto dataset = Open();
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  const std::string whole = ReadAll(CacheFiles().front());
  DamageAllRows();
  EXPECT_FLOAT_EQ(FirstInput(*Open()), 0.2F);
  EXPECT_EQ(ReadAll(CacheFiles().front()), whole);
}

TEST_F(CacheOfAFile, IsMadeAnewWhenItShrinksUnderAReader) {
  const auto dataset = Open();
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  ASSERT_EQ(truncate(CacheFiles().front().c_str(), 200), 0);
  EXPECT_FLOAT_EQ(FirstInput(*dataset), 0.2F);
}

TEST_F(CacheOfAFile, ReadsNothingElseWhereTheFileHasChangedSince) {
  const auto dataset = Open();
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  DamageAllRows();
  ChangeBehindItsTime();
  const auto examples = dataset->Read(Split::kTrain, std::vector<std::uint32_t>{0});
  EXPECT_TRUE(absl::IsFailedPrecondition(examples.status())) << examples.status();
}

}  // namespace
}  // namespace fedround::data
