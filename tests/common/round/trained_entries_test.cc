#include "common/round/trained_entries.h"

#include <gmock/gmock.h>

#include <numeric>

namespace fedround {
namespace {

using ::testing::ElementsAre;

// Tensors of 1, 2, 1 and 3 entries; the values are the entries' places.
TrainedEntries Entries(const std::vector<bool>& trainable) {
  ModelLayout layout{.tensors = {{"a", {1}}, {"b", {2}}, {"c", {1, 1}}, {"d", {3}}}, .fates = {}};
  for (const bool trained : trainable) {
    layout.fates.push_back(trained ? Fate::kShared : Fate::kFrozen);
  }
  return TrainedEntries(layout);
}
std::vector<float> Places() {
  std::vector<float> places(7);
  std::iota(places.begin(), places.end(), 0.0F);
  return places;
}

TEST(TrainedEntries, AreAllWhereNothingIsFrozen) {
  std::vector<float> values = Places();
  const std::span<float> packed = Entries({true, true, true, true}).Pack(values);
  EXPECT_EQ(packed.data(), values.data());
  EXPECT_THAT(packed, ElementsAre(0, 1, 2, 3, 4, 5, 6));
}

TEST(TrainedEntries, PackToTheFrontInTheirOrder) {
  std::vector<float> values = Places();
  EXPECT_THAT(Entries({false, true, false, true}).Pack(values), ElementsAre(1, 2, 4, 5, 6));
  values = Places();
  EXPECT_THAT(Entries({true, false, true, false}).Pack(values), ElementsAre(0, 3));
  EXPECT_EQ(Entries({true, false, true, false}).size(), 2U);
}

TEST(TrainedEntries, UnpackAroundWhatIsFrozen) {
  std::vector<float> values = Places();
  Entries({true, false, true, true}).Unpack(std::vector<float>{10, 13, 14, 15, 16}, values);
  EXPECT_THAT(values, ElementsAre(10, 1, 2, 13, 14, 15, 16));
}

}  // namespace
}  // namespace fedround
