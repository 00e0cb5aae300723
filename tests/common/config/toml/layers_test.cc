// Files that extend files.
#include "common/config/toml/layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/io/file.h"
#include "tests/common/config/fake_tables.h"

namespace fedround::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Extends : public ::testing::Test {
 protected:
  Extends()
      : folder_(absl::StrCat(::testing::TempDir(), "extends_",
                             ::testing::UnitTest::GetInstance()->current_test_info()->name())) {}

  void Write(const std::string& name, absl::string_view text) {
    ASSERT_TRUE(MakeFolders(absl::StrCat(folder_, "/deep")).ok());
    ASSERT_TRUE(WriteFileAtomically(Path(name), text).ok());
  }
  std::string Path(const std::string& name) const { return absl::StrCat(folder_, "/", name); }

  absl::StatusOr<Experiment> LoadFile(const std::string& name,
                                      const std::vector<std::string>& overrides = {}) {
    absl::StatusOr<TomlDocument> document = ReadDocument(Path(name));
    if (!document.ok()) return document.status();
    return Load(*document, overrides, FakeTable);
  }
  std::string FileError(const std::string& name) {
    return std::string(LoadFile(name).status().message());
  }

 private:
  std::string folder_;
};

TEST_F(Extends, MergesDeeply) {
  Write("base.toml", "[run]\nrounds = 3\nseed = 4\n");
  Write("a.toml", "extends = \"base.toml\"\n[run]\nrounds = 5\n");
  const auto experiment = LoadFile("a.toml");
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->run.rounds, 5u);
  EXPECT_EQ(experiment->run.seed, 4u);
}

TEST_F(Extends, ReplacesLists) {
  Write("base.toml", "[model]\nhidden = [1, 2, 3]\n");
  Write("a.toml", "extends = \"base.toml\"\n[model]\nhidden = [9]\n");
  const auto experiment = LoadFile("a.toml");
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_THAT(experiment->model.hidden, ElementsAre(9));
}

TEST_F(Extends, ReplacesAPlugInByName) {
  Write("base.toml", "[model]\nactivation = {name = \"leaky_relu\", slope = 0.5}\n");
  Write("a.toml", "extends = \"base.toml\"\n[model]\nactivation = \"gelu\"\n");
  const auto experiment = LoadFile("a.toml");
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->model.activation, (PlugIn{"gelu", {}}));
}

TEST_F(Extends, MergesOptionsGivenWithoutAName) {
  Write("base.toml", "[model]\nactivation = \"leaky_relu\"\n");
  Write("a.toml", "extends = \"base.toml\"\n[model.activation]\nslope = 0.5\n");
  const auto experiment = LoadFile("a.toml");
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->model.activation, (PlugIn{"leaky_relu", {{"slope", 0.5}}}));
}

TEST_F(Extends, FollowsAChainRelativeToEachFile) {
  Write("top.toml", "[run]\nseed = 11\n");
  Write("deep/middle.toml", "extends = \"../top.toml\"\n[run]\nrounds = 12\n");
  Write("a.toml", "extends = \"deep/middle.toml\"\n");
  const auto experiment = LoadFile("a.toml");
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->run.seed, 11u);
  EXPECT_EQ(experiment->run.rounds, 12u);
}

TEST_F(Extends, OverridesComeLast) {
  Write("base.toml", "[run]\nrounds = 3\n");
  Write("a.toml", "extends = \"base.toml\"\n[run]\nrounds = 5\n");
  const auto experiment = LoadFile("a.toml", {"run.rounds=6"});
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  EXPECT_EQ(experiment->run.rounds, 6u);
}

TEST_F(Extends, ErrorsNameTheFileTheValueIsFrom) {
  Write("base.toml", "[run]\n\nrounds = -3\n");
  Write("a.toml", "extends = \"base.toml\"\n[run]\nseed = 5\n");
  EXPECT_EQ(FileError("a.toml"),
            absl::StrCat(Path("base.toml"), ":3:10: run.rounds = -3: must be >= 0"));
}

TEST_F(Extends, AReplacedValueIsNoProblem) {
  Write("base.toml", "[run]\nrounds = -3\n");
  Write("a.toml", "extends = \"base.toml\"\n[run]\nrounds = 5\n");
  EXPECT_TRUE(LoadFile("a.toml").ok());
}

TEST_F(Extends, RefusesACycle) {
  Write("a.toml", "extends = \"deep/../b.toml\"\n");
  Write("b.toml", "extends = \"a.toml\"\n");
  EXPECT_THAT(FileError("a.toml"),
              HasSubstr("b.toml:1:11: extends = \"a.toml\": this file is already"));
}

TEST_F(Extends, RefusesItself) {
  Write("a.toml", "extends = \"a.toml\"\n");
  EXPECT_THAT(FileError("a.toml"), HasSubstr("files must not extend themselves"));
}

TEST_F(Extends, AllowsSixteenFilesAndNoMore) {
  Write("0.toml", "");
  for (int i = 1; i <= 17; ++i) {
    Write(absl::StrCat(i, ".toml"), absl::StrCat("extends = \"", i - 1, ".toml\"\n"));
  }
  EXPECT_TRUE(LoadFile("16.toml").ok());
  EXPECT_THAT(FileError("17.toml"), HasSubstr("a chain of files may be 16 deep"));
}

TEST_F(Extends, PlacesAMissingFile) {
  Write("a.toml", "[run]\nrounds = 1\n");
  Write("b.toml", "extends = \"none.toml\"\n");
  EXPECT_THAT(FileError("b.toml"), HasSubstr("b.toml:1:11: extends = \"none.toml\": "));
}

TEST_F(Extends, AMissingBaseIsAnInvalidArgument) {
  Write("b.toml", "extends = \"none.toml\"\n");
  EXPECT_TRUE(absl::IsInvalidArgument(LoadFile("b.toml").status()));
}

TEST_F(Extends, RefusesAFolder) {
  Write("a.toml", "extends = \"deep\"\n");
  EXPECT_THAT(FileError("a.toml"), HasSubstr("is a folder, not a file"));
}

TEST_F(Extends, MustBeAText) {
  Write("a.toml", "extends = 3\n");
  EXPECT_THAT(FileError("a.toml"), HasSubstr("a.toml:1:11: extends = 3: must be a path in quotes"));
}

TEST_F(Extends, OnlyStandsAtTheTop) {
  Write("a.toml", "[run]\nextends = \"b.toml\"\n");
  EXPECT_THAT(FileError("a.toml"), HasSubstr("a.toml:2:1: run.extends: unknown key"));
}

TEST_F(Extends, SyntaxErrorsNameTheBase) {
  Write("base.toml", "[run\n");
  Write("a.toml", "extends = \"base.toml\"\n");
  EXPECT_THAT(FileError("a.toml"), HasSubstr("base.toml:1:"));
}

TEST_F(Extends, AMissingFileIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(LoadFile("none.toml").status()));
}

TEST_F(Extends, NamesTheLimitOfAHugeFile) {
  Write("a.toml", std::string((1 << 20) + 1, '#'));
  EXPECT_THAT(FileError("a.toml"), HasSubstr("1048577 bytes; the limit is 1048576"));
}

}  // namespace
}  // namespace fedround::config
