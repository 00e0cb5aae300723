#include "common/base/ranges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fedround {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ErrorOf(absl::string_view text) {
  return std::string(ParseRanges(text).status().message());
}

TEST(Ranges, ReadsNumbersAndRanges) {
  EXPECT_THAT(ParseRanges("0-2,7").value(), ElementsAre(0, 1, 2, 7));
}

TEST(Ranges, SortsWhatItReads) { EXPECT_THAT(ParseRanges("7,1-2").value(), ElementsAre(1, 2, 7)); }

TEST(Ranges, RefusesEmptyText) { EXPECT_THAT(ErrorOf(""), HasSubstr("not a number")); }

TEST(Ranges, RefusesAnOpenRange) { EXPECT_THAT(ErrorOf("3-"), HasSubstr("not a number")); }

TEST(Ranges, RefusesABackwardRange) { EXPECT_THAT(ErrorOf("4-2"), HasSubstr("runs backwards")); }

TEST(Ranges, RefusesOverlap) { EXPECT_THAT(ErrorOf("0-4,4"), HasSubstr("twice at \"4\"")); }

TEST(Ranges, RefusesMoreThanTheLimit) {
  EXPECT_THAT(ErrorOf("5,0-9999999"), HasSubstr("more than 10000000"));
}

TEST(Ranges, FormatsTheShortestText) {
  EXPECT_EQ(FormatRanges(std::vector<std::uint64_t>{0, 1, 2, 5, 7, 8}), "0-2,5,7-8");
}

}  // namespace
}  // namespace fedround
