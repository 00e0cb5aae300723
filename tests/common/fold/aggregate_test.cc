#include "common/fold/aggregate.h"

#include <gtest/gtest.h>

#include <limits>
#include <utility>
#include <vector>

#include "common/fold/residues.h"

namespace fedround::fold {
namespace {

constexpr Grid kGrid{.scale_bits = 32, .max_abs = 16, .max_total_weight = 1 << 20};

// Two vectors, of which the second weighs one a client, and a scalar.
UpdateLayout Layout() {
  return {.vectors = {{"update", 2, "float32", VectorWeight::kAnswer},
                      {"control", 3, "float32", VectorWeight::kOne}},
          .scalars = {{"steps", 1000}}};
}

void Add(Aggregate& aggregate, std::vector<float> values, std::uint64_t weight,
         std::uint64_t scalar) {
  const Answer answer{values, weight, {&scalar, 1}};
  aggregate.Add({&answer, 1});
}

std::vector<float> Mean(const Aggregate& aggregate, std::size_t vector, std::size_t size) {
  std::vector<float> mean(size);
  aggregate.sums(vector).WriteMean(mean);
  return mean;
}

TEST(Aggregate, WeighsEachVectorAsItsLayoutSays) {
  Aggregate aggregate(kGrid, Layout());
  Add(aggregate, {1, 2, 3, 4, 5}, 3, 10);
  Add(aggregate, {5, 6, 7, 8, 9}, 1, 2);
  EXPECT_EQ(aggregate.answers(), 2U);
  EXPECT_EQ(aggregate.total_weight(), 4U);
  EXPECT_EQ(aggregate.scalar(0), 32U);
  EXPECT_EQ(Mean(aggregate, 0, 2), (std::vector<float>{2, 3}));
  EXPECT_EQ(Mean(aggregate, 1, 3), (std::vector<float>{5, 6, 7}));
  std::vector<float> share(3);
  aggregate.sums(1).WriteShare(8, share);
  EXPECT_EQ(share, (std::vector<float>{1.25F, 1.5F, 1.75F}));
}

TEST(Aggregate, MergesExactly) {
  Aggregate all(kGrid, Layout()), left(kGrid, Layout()), right(kGrid, Layout());
  for (std::uint64_t client = 0; client < 7; ++client) {
    const float x = 0.1F * static_cast<float>(client);
    for (Aggregate* to : {&all, client % 3 == 0 ? &left : &right}) {
      Add(*to, {x, -x, x * x, 1 / (x + 1), x}, client + 1, client);
    }
  }
  left.Merge(std::move(right));
  EXPECT_EQ(left.Serialize(), all.Serialize());
}

TEST(Aggregate, SurvivesBeingWritten) {
  Aggregate aggregate(kGrid, Layout());
  Add(aggregate, {1, 2, 3, 4, 5}, 3, 10);
  const std::string bytes = aggregate.Serialize();
  Aggregate other(kGrid, Layout());
  Add(other, {9, 9, 9, 9, 9}, 9, 9);
  ASSERT_TRUE(other.Restore(bytes).ok());
  EXPECT_EQ(other.Serialize(), bytes);
  EXPECT_EQ(other.answers(), 1U);
  EXPECT_EQ(other.scalar(0), 30U);
}

TEST(Aggregate, RefusesBytesThatItNeverWrites) {
  Aggregate aggregate(kGrid, Layout());
  Add(aggregate, {1, 2, 3, 4, 5}, 3, 10);
  const std::string bytes = aggregate.Serialize();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(
        Aggregate(kGrid, Layout()).Restore(absl::string_view(bytes).substr(0, length)).ok())
        << length;
  }
  EXPECT_FALSE(Aggregate(kGrid, Layout()).Restore(bytes + "x").ok());
  // More than three clients' weight can sum up to.
  std::string heavy = bytes;
  heavy[4 * 8 + 7] = 0x7f;
  EXPECT_FALSE(Aggregate(kGrid, Layout()).Restore(heavy).ok());
}

// Each number in its eight bytes: answers, total weight, the scalar, the vectors' own weights.
TEST(Aggregate, RefusesTotalsThatContradictItsParts) {
  Aggregate aggregate(kGrid, Layout());
  Add(aggregate, {1, 2, 3, 4, 5}, 3, 10);
  const std::string bytes = aggregate.Serialize();
  for (const std::size_t number : {0U, 1U, 3U, 6U}) {
    std::string changed = bytes;
    ++changed[number * 8];
    EXPECT_FALSE(Aggregate(kGrid, Layout()).Restore(changed).ok()) << number;
  }
  std::string beyond = bytes;
  beyond[2 * 8 + 1] = 0x7f;  // more than three times 1000
  EXPECT_FALSE(Aggregate(kGrid, Layout()).Restore(beyond).ok());
}

TEST(Aggregate, IsEmptyAfterReset) {
  Aggregate aggregate(kGrid, Layout());
  const std::string empty = aggregate.Serialize();
  Add(aggregate, {1, 2, 3, 4, 5}, 3, 10);
  EXPECT_NE(aggregate.Serialize(), empty);
  aggregate.Reset();
  EXPECT_EQ(aggregate.Serialize(), empty);
}

UpdateLayout KeptLayout() { return {.vectors = {{"update", 2, "float32"}}, .kept = true}; }

Kept::Update UpdateOf(ClientId client, float value) {
  FloatBuffer values(2);
  values.data()[0] = value;
  values.data()[1] = -value;
  return {client, client + 1, std::move(values)};
}

TEST(KeptUpdates, StandInTheOrderOfTheirClients) {
  Aggregate aggregate(kGrid, KeptLayout()), other(kGrid, KeptLayout());
  for (const ClientId client : {5U, 1U}) aggregate.Keep(UpdateOf(client, 2));
  for (const ClientId client : {3U, 0U}) other.Keep(UpdateOf(client, 7));
  aggregate.Merge(std::move(other));
  std::vector<ClientId> clients;
  for (const Kept::Update& update : aggregate.kept()) clients.push_back(update.client);
  EXPECT_EQ(clients, (std::vector<ClientId>{0, 1, 3, 5}));
  EXPECT_EQ(aggregate.answers(), 4U);
  EXPECT_EQ(aggregate.total_weight(), 13U);
}

TEST(KeptUpdates, SurviveBeingWritten) {
  Aggregate aggregate(kGrid, KeptLayout()), other(kGrid, KeptLayout());
  for (const ClientId client : {5U, 1U}) aggregate.Keep(UpdateOf(client, 0.5F));
  const std::string bytes = aggregate.Serialize();
  ASSERT_TRUE(other.Restore(bytes).ok());
  EXPECT_EQ(other.Serialize(), bytes);
  EXPECT_EQ(other.kept()[1].values[1], -0.5F);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(
        Aggregate(kGrid, KeptLayout()).Restore(absl::string_view(bytes).substr(0, length)).ok());
  }
  std::string infinite = bytes;
  infinite[5 * 8 + 2] = infinite[5 * 8 + 3] = 0x7f;  // the first value of the first update
  EXPECT_FALSE(Aggregate(kGrid, KeptLayout()).Restore(infinite).ok());
  std::string twice = bytes;
  twice[3 * 8] = 5;  // the first client's number
  EXPECT_FALSE(Aggregate(kGrid, KeptLayout()).Restore(twice).ok());
}

TEST(Residues, GoAroundAndComeBack) {
  for (const int bits : {1, 20, 63, 64}) {
    Residues sum(bits, 2), mask(bits, 2);
    const std::vector<std::uint64_t> large{std::numeric_limits<std::uint64_t>::max() - 5, 1234567};
    const std::vector<std::uint64_t> small{bits == 1 ? 1U : 3U, 0};
    mask.Add(large);
    sum.Add(large);
    sum.Add(small);
    sum.Add(large);
    sum.Subtract(large);
    sum.Subtract(mask.values());
    EXPECT_EQ(sum.Signed()[0], bits == 1 ? -1 : 3) << bits;
    EXPECT_EQ(sum.Signed()[1], 0) << bits;
  }
}

TEST(Residues, HaveNegativeNumbers) {
  Residues sum(20, 1);
  sum.Add(std::vector<std::uint64_t>{(1U << 20) - 7});
  EXPECT_EQ(sum.Signed()[0], -7);
  EXPECT_EQ(sum.values()[0], (1U << 20) - 7);
}

TEST(Residues, MergeAndSurviveBeingWritten) {
  Residues one(20, 2), other(20, 2);
  one.Add(std::vector<std::uint64_t>{1, (1U << 20) - 1});
  other.Add(std::vector<std::uint64_t>{5, 2});
  one.Merge(other);
  EXPECT_EQ(std::vector<std::uint64_t>(one.values().begin(), one.values().end()),
            (std::vector<std::uint64_t>{6, 1}));
  std::string bytes;
  one.AppendTo(bytes);
  absl::string_view rest = bytes;
  Residues read(20, 2);
  ASSERT_TRUE(read.TakeFrom(rest).ok());
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ(read.values()[0], 6U);
  rest = absl::string_view(bytes).substr(0, 15);
  EXPECT_FALSE(read.TakeFrom(rest).ok());
  std::string beyond = bytes;
  beyond[3] = 1;  // 2^24
  rest = beyond;
  EXPECT_FALSE(read.TakeFrom(rest).ok());
  EXPECT_EQ(read.values()[0], 6U);
}

}  // namespace
}  // namespace fedround::fold
