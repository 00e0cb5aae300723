#include "experiments/cli/fresh_folder.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "common/base/io/file.h"

namespace fedround::cli {
namespace {

std::string NewFolder() {
  std::string pattern = ::testing::TempDir() + "/fresh.XXXXXX";
  return mkdtemp(pattern.data());
}

TEST(FreshFolder, DiscardsAllThatItMade) {
  const std::string top = NewFolder();
  FreshFolder folder = FreshFolder::Create(top + "/runs/q").value();
  ASSERT_TRUE(WriteFileAtomically(folder.path() + "/config.toml", "").ok());
  folder.Discard();
  EXPECT_FALSE(FileExists(top + "/runs"));
}

TEST(FreshFolder, KeepsAFolderThatWasThere) {
  const std::string top = NewFolder();
  FreshFolder::Create(top).value().Discard();
  EXPECT_TRUE(FileExists(top));
}

TEST(FreshFolder, KeepsWhatOthersPutBesideIt) {
  const std::string top = NewFolder();
  FreshFolder folder = FreshFolder::Create(top + "/runs/q").value();
  ASSERT_TRUE(MakeFolders(top + "/runs/other").ok());
  folder.Discard();
  EXPECT_TRUE(FileExists(top + "/runs/other"));
}

TEST(FreshFolder, RefusesAFolderThatHoldsARun) {
  const std::string top = NewFolder();
  ASSERT_TRUE(WriteFileAtomically(top + "/ledger.sqlite", "").ok());
  EXPECT_TRUE(absl::IsAlreadyExists(FreshFolder::Create(top).status()));
}

TEST(NewRunFolder, KeepsTheNameInsideRuns) {
  EXPECT_EQ(NewRunFolder("../a b").substr(0, 12), "runs/___a_b-");
}

TEST(FreshFolder, RefusesAFolderThatAnotherRunIsAbout) {
  const std::string top = NewFolder();
  FreshFolder first = FreshFolder::Create(top + "/q").value();
  EXPECT_TRUE(absl::IsAlreadyExists(FreshFolder::Create(top + "/q").status()));
  first.Discard();
  EXPECT_TRUE(FreshFolder::Create(top + "/q").ok());
}

TEST(FreshFolder, LeavesNoLockBehind) {
  const std::string top = NewFolder();
  { ASSERT_TRUE(FreshFolder::Create(top).ok()); }
  EXPECT_TRUE(std::filesystem::is_empty(top));
}

}  // namespace
}  // namespace fedround::cli
