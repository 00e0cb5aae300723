#include "common/config/toml/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/common/config/fake_tables.h"

namespace fedround::config {
namespace {

using ::testing::HasSubstr;

std::string Repeated(absl::string_view text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) absl::StrAppend(&repeated, text);
  return repeated;
}

TEST(Reader, NamesTheLimitOfDottedKeys) {
  EXPECT_EQ(ErrorOf(absl::StrCat("[a", Repeated(".a", 400'000), "]\n")),
            "x.toml: 400000 dots; the limit is 4096");
}

TEST(Reader, RefusesDottedKeysThatNestTooDeep) {
  EXPECT_THAT(ErrorOf(absl::StrCat("[a", Repeated(".a", 4000), "]\n")),
              HasSubstr("nested deeper than 8"));
}

TEST(Reader, RefusesListsThatNestTooDeep) {
  EXPECT_THAT(ErrorOf(absl::StrCat("a = ", Repeated("[", 20), Repeated("]", 20))),
              HasSubstr("nested deeper than 8"));
}

TEST(Reader, SurvivesListsThatTheParserRefuses) {
  const auto experiment = LoadText(absl::StrCat("a = ", Repeated("[", 100'000)));
  EXPECT_TRUE(absl::IsInvalidArgument(experiment.status()));
}

TEST(Reader, NamesTheLimitOfATextThatIsTooLong) {
  EXPECT_THAT(ErrorOf(Repeated("#", 1'048'577)), HasSubstr("the limit is 1048576"));
}

TEST(Reader, NamesTheLimitOfValues) {
  EXPECT_THAT(ErrorOf(absl::StrCat("[model]\nhidden = [", Repeated("1,", 10'000), "]\n")),
              HasSubstr("x.toml:2:20007: more than 10000 values; that is the limit"));
}

TEST(Reader, ReadsAsManyValuesAsItMay) {
  // With the two tables and the list that holds them.
  EXPECT_TRUE(
      LoadText(absl::StrCat("[model]\nfreeze = [", Repeated("'output',", 9'998), "]\n")).ok());
}

TEST(Reader, RefusesInvalidUtf8) {
  EXPECT_TRUE(absl::IsInvalidArgument(LoadText("[run]\nname = \"\xff\xfe\"\n").status()));
}

TEST(Reader, SurvivesMutatedText) {
  const std::string valid =
      "# a comment\n[run]\nname = \"night\"\nrounds = 20\nseed = 0x1F\n[model]\n"
      "hidden = [200, 1_000]\nactivation = {name = \"leaky_relu\", slope = 1.5e-1}\n"
      "[data]\nname.name = 'csv'\nname.path = \"\"\"a\\u0041\n\"\"\"\n[launch]\npin = true\n";
  ASSERT_TRUE(LoadText(valid).ok()) << LoadText(valid).status();
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    std::string text = valid;
    for (std::uint32_t edits = 1 + random() % 4; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(at, 1 + random() % 8);
          break;
        default:
          text.insert(at, valid, random() % valid.size(), random() % 16);
      }
    }
    const absl::Status status = LoadText(text).status();
    ASSERT_TRUE(status.ok() || absl::IsInvalidArgument(status)) << status << "\n" << text;
  }
}

TEST(Reader, NamesATextWithoutQuotes) {
  for (const auto& [text, what] :
       {std::pair("name = fedprox\n", "\"fedprox\""),
        std::pair("a = {name = blobs}\n", "\"blobs\""), std::pair("hidden = [a]\n", "\"a\""),
        std::pair("b = gelu # that\n", "\"gelu\"")}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("without quotes")) << text;
    EXPECT_THAT(ErrorOf(text), HasSubstr(what)) << text;
  }
}

TEST(Reader, BlamesNoWordForAnotherError) {
  for (const char* text : {"a = true\na = false\n", "a false = true\n", "learning rate = inf\n",
                           "a = \"\"\"foo\nx = bar\n", "a = 5x\n", "a = \"x\n"}) {
    EXPECT_THAT(ErrorOf(text), Not(HasSubstr("without quotes"))) << text;
    EXPECT_THAT(ErrorOf(text), HasSubstr("x.toml:")) << text;
  }
}

}  // namespace
}  // namespace fedround::config
