#include "common/base/printable.h"

#include <gtest/gtest.h>

namespace fedround {
namespace {

TEST(Printable, LeavesTextOfAnyLanguageAsItIs) {
  const std::string text = "round 3: 50 % of Zürich, 日本語, نص, \xF0\x9F\x98\x80 \\ \"quoted\"";
  EXPECT_EQ(Printable(text), text);
}

TEST(Printable, EscapesWhatATerminalObeys) {
  EXPECT_EQ(Printable("\x1b[2Ja\tb\x7f"), "\\x1b[2Ja\\x09b\\x7f");
}

TEST(Printable, EscapesControlCharactersOfTwoBytes) {
  EXPECT_EQ(Printable("\xC2\x9B"
                      "2J"),
            "\\u009b2J");
}

TEST(Printable, KeepsALineOneLine) {
  EXPECT_EQ(Printable("a\nb\r\xE2\x80\xA8"
                      "c"),
            "a\\nb\\x0d\\u2028c");
}

TEST(Printable, EscapesMarksOfDirection) {
  EXPECT_EQ(Printable("a\xE2\x80\xAE"
                      "cod.exe"),
            "a\\u202ecod.exe");
}

TEST(Printable, EscapesWhatIsNeverSeen) { EXPECT_EQ(Printable("\xF3\xA0\x81\x81"), "\\ue0041"); }

TEST(Printable, KeepsJoinersThatSpellingNeeds) {
  EXPECT_EQ(Printable("\xE2\x80\x8D"), "\xE2\x80\x8D");
}

TEST(Printable, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(Printable("a\xFF"), "a\\xff");                           // no such first byte
  EXPECT_EQ(Printable("\xC3"), "\\xc3");                             // ends early
  EXPECT_EQ(Printable("\xC3("), "\\xc3(");                           // goes on wrongly
  EXPECT_EQ(Printable("\xC0\x8A"), "\\xc0\\x8a");                    // a newline in two bytes
  EXPECT_EQ(Printable("\xED\xA0\x80"), "\\xed\\xa0\\x80");           // half a pair
  EXPECT_EQ(Printable("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond the last character
}

TEST(Printable, EscapesZero) { EXPECT_EQ(Printable(absl::string_view("a\0b", 3)), "a\\x00b"); }

TEST(Printable, ChangesNothingTheSecondTime) {
  const std::string once = Printable("\x1b\n\xFF\xE2\x80\xAE");
  EXPECT_EQ(Printable(once), once);
}

TEST(Printable, CutsBetweenCharacters) {
  EXPECT_EQ(Printable("abcd", 4), "abcd");
  EXPECT_EQ(Printable("abcde", 4), "a...");
  EXPECT_EQ(Printable("aüüü", 5), "a...");
  EXPECT_EQ(Printable("aüüü", 6), "aü...");
  EXPECT_EQ(Printable("a\x1b[2J", 8), "a\\x1b[2J");
  EXPECT_EQ(Printable("a\x1b[2J", 7), "a...");
  EXPECT_EQ(Printable("", 3), "");
}

}  // namespace
}  // namespace fedround
