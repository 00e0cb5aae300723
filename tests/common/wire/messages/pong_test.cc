#include "common/wire/messages/pong.h"

#include "gtest/gtest.h"

namespace fedround::wire {
namespace {

TEST(Pong, SurvivesTheWire) {
  const auto pong = ParsePong(SerializePong({.client = 5, .id = 77}));
  ASSERT_TRUE(pong.ok()) << pong.status();
  EXPECT_EQ(pong->client, 5U);
  EXPECT_EQ(pong->id, 77U);
}

TEST(Pong, RefusesBytesThatAreNone) {
  EXPECT_EQ(ParsePong("\xff").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace fedround::wire
