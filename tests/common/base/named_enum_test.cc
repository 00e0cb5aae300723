#include "common/base/named_enum.h"

#include <gtest/gtest.h>

namespace fedround {
namespace {

enum class Colour { kRed, kGreen };
constexpr std::array<const char*, 2> NamesOf(Colour) { return {"red", "green"}; }

TEST(NamedEnum, KnowsEachNameAndNoOther) {
  EXPECT_EQ(NameOf(Colour::kGreen), "green");
  EXPECT_EQ(Named<Colour>("red"), Colour::kRed);
  EXPECT_EQ(Named<Colour>("green"), Colour::kGreen);
  EXPECT_EQ(Named<Colour>("gree"), std::nullopt);
  EXPECT_EQ(Named<Colour>(""), std::nullopt);
}

}  // namespace
}  // namespace fedround
