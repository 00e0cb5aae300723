#include "coordinator/roster.h"

#include <gtest/gtest.h>

#include <string>

#include "common/base/cpu/simd.h"
#include "common/base/named_enum.h"
#include "tests/support/simd_levels.h"

namespace fedround::coordinator {
namespace {

JoinRequest Request(std::vector<ClientId> clients) {
  return {.build = FEDROUND_VERSION,
          .simd = std::string(NameOf(BestSimdLevel())),
          .clients = std::move(clients)};
}

TEST(Roster, AdmitsAndRemoves) {
  Roster roster(4);
  EXPECT_TRUE(roster.Admit(Request({0, 3})).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(roster.Admit(Request({1, 3}))));
  roster.Remove({0, 3});
  EXPECT_TRUE(roster.Admit(Request({1, 3})).ok());
}

TEST(Roster, ARefusedHostTakesNoPlace) {
  Roster roster(4);
  ASSERT_TRUE(roster.Admit(Request({3})).ok());
  ASSERT_FALSE(roster.Admit(Request({1, 3})).ok());
  EXPECT_TRUE(roster.Admit(Request({1})).ok());
}

TEST(Roster, RefusesIdsThatAreNone) {
  Roster roster(4);
  EXPECT_TRUE(absl::IsInvalidArgument(roster.Admit(Request({}))));
  EXPECT_TRUE(absl::IsInvalidArgument(roster.Admit(Request({4}))));
  EXPECT_TRUE(absl::IsInvalidArgument(roster.Admit(Request({2, 1}))));
  EXPECT_TRUE(absl::IsInvalidArgument(roster.Admit(Request({2, 2}))));
}

TEST(Roster, RefusesAnotherBuildSimdLevelOrProtocol) {
  Roster roster(4);
  JoinRequest request = Request({0});
  request.build = "0.0.1";
  EXPECT_TRUE(absl::IsFailedPrecondition(roster.Admit(request)));
  request = Request({0});
  request.simd = "abacus";
  EXPECT_TRUE(absl::IsInvalidArgument(roster.Admit(request)));
  request = Request({0});
  request.protocol_version = kProtocolVersion + 1;
  EXPECT_TRUE(absl::IsFailedPrecondition(roster.Admit(request)));
}

TEST(Roster, AMachineMayHaveMoreThanTheRunsSimdLevelButNotLess) {
  // Less than the least cannot be claimed, and a level that the machine lacks cannot be put in use.
  if (BestSimdLevel() == SimdLevel::kSse2) GTEST_SKIP() << "this machine has one level only";
  Roster roster(4);
  JoinRequest request = Request({0});
  request.simd = "sse2";
  EXPECT_TRUE(absl::IsFailedPrecondition(roster.Admit(request)));
  const ScopedSimdLevel scoped(SimdLevel::kSse2);
  EXPECT_TRUE(roster.Admit(Request({0})).ok());
}

TEST(Roster, AClientInAnotherLanguageNeedsNeitherBuildNorSimdLevel) {
  Roster roster(4);
  JoinRequest request = Request({0});
  request.build = "python";
  request.simd = "";
  EXPECT_TRUE(roster.Admit(request).ok());
}

}  // namespace
}  // namespace fedround::coordinator
