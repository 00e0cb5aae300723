#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/rng.h"
#include "common/data/dataset.h"
#include "common/data/partitions/table.h"
#include "tests/common/data/data_files.h"

namespace fedround::data {
namespace {

using ::testing::HasSubstr;

constexpr std::uint32_t kExamples = 2000;
constexpr std::uint32_t kClasses = 10;
constexpr std::uint32_t kNaturalClients = 20;

class Deals : public DatasetTest {
 protected:
  // 2000 examples in 10 classes of 200, in no order; owned by 20 natural clients of 100.
  Deals() {
    std::string labels;
    std::string owners;
    for (std::uint32_t i = 0; i < kExamples; ++i) {
      labels += static_cast<char>(i * 7 % kClasses);
      owners += static_cast<char>(i * 3 % kNaturalClients);
    }
    WriteAll(folder_.File("data.npz"),
             ZipFile({{"x_train.npy", NpyFile("|u1", {kExamples, 1}, labels)},
                      {"y_train.npy", NpyFile("|u1", {kExamples}, labels)},
                      {"x_test.npy", NpyFile("|u1", {1, 1}, "a")},
                      {"y_test.npy", NpyFile("|u1", {1}, "\1")},
                      {"client_id.npy", NpyFile("|u1", {kExamples}, owners)}}));
    auto dataset = Dataset::Open({"npz", {{"path", folder_.File("data.npz")}}}, 1, 0);
    EXPECT_TRUE(dataset.ok()) << dataset.status();
    dataset_ = std::make_unique<Dataset>(*std::move(dataset));
  }

  Deal MustDeal(const DealSpec& spec) const { return DealExamples(*dataset_, spec).value(); }
  std::string DealError(const DealSpec& spec) const {
    return DealExamples(*dataset_, spec).status().ToString();
  }
  std::size_t LabelsOf(std::span<const std::uint32_t> shard) const {
    std::set<std::uint32_t> labels;
    for (const std::uint32_t row : shard) labels.insert(dataset_->labels(Split::kTrain)[row]);
    return labels.size();
  }
  // The mean over clients of the share of a client's most frequent label: 0.1 if even, 1 if it has
  // one.
  double Skew(const Deal& deal, std::uint32_t clients) const {
    double sum = 0;
    for (std::uint32_t client = 0; client < clients; ++client) {
      std::vector<double> counts(kClasses);
      for (const std::uint32_t row : deal.shard(client)) {
        ++counts[dataset_->labels(Split::kTrain)[row]];
      }
      sum += *std::max_element(counts.begin(), counts.end()) /
             static_cast<double>(deal.shard(client).size());
    }
    return sum / clients;
  }

  std::unique_ptr<Dataset> dataset_;
};

DealSpec SpecOf(const PartitionEntry& entry, double validation) {
  return {.partition = {std::string(entry.info.name), {}},
          .clients = kNaturalClients,
          .validation = validation,
          .seed = 3};
}

std::vector<DealSpec> SpecsOfAllPartitions(double validation) {
  std::vector<DealSpec> specs;
  for (const PartitionEntry& entry : PartitionTable()) specs.push_back(SpecOf(entry, validation));
  return specs;
}

// What to do about an entry that is not as it says.
std::string Or(const PartitionEntry& entry, absl::string_view otherwise) {
  return absl::StrCat(entry.info.name, ": or write ", otherwise,
                      " in its PartitionEntry, see common/data/partitions/table.h");
}

// Ascending 0 .. kExamples-1.
std::vector<std::uint32_t> AllRows() {
  std::vector<std::uint32_t> rows(kExamples);
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

TEST_F(Deals, GiveEveryExampleToExactlyOneClientOrToValidation) {
  for (const double validation : {0.0, 0.1}) {
    for (const DealSpec& spec : SpecsOfAllPartitions(validation)) {
      const Deal deal = MustDeal(spec);
      std::vector<std::uint32_t> rows = deal.rows;
      rows.insert(rows.end(), deal.validation.begin(), deal.validation.end());
      std::sort(rows.begin(), rows.end());
      EXPECT_EQ(rows, AllRows()) << spec.partition.name;
    }
  }
}

TEST_F(Deals, HaveOffsetsThatCoverTheRows) {
  for (const DealSpec& spec : SpecsOfAllPartitions(0.1)) {
    const Deal deal = MustDeal(spec);
    ASSERT_EQ(deal.offsets.size(), kNaturalClients + 1U) << spec.partition.name;
    EXPECT_EQ(deal.offsets.front(), 0U);
    EXPECT_EQ(deal.offsets.back(), deal.rows.size());
    EXPECT_TRUE(std::is_sorted(deal.offsets.begin(), deal.offsets.end()));
  }
}

TEST_F(Deals, AreTheSameForTheSameSeed) {
  for (const DealSpec& spec : SpecsOfAllPartitions(0.1)) {
    EXPECT_EQ(MustDeal(spec).rows, MustDeal(spec).rows) << spec.partition.name;
  }
}

TEST_F(Deals, DifferForAnotherSeedIfRandom) {
  for (const PartitionEntry& entry : PartitionTable()) {
    DealSpec spec = SpecOf(entry, 0);
    const Deal deal = MustDeal(spec);
    ++spec.seed;
    const bool differs = MustDeal(spec).rows != deal.rows || MustDeal(spec).offsets != deal.offsets;
    EXPECT_EQ(differs, entry.is_random)
        << Or(entry, entry.is_random ? ".is_random = false" : ".is_random = true");
  }
}

TEST_F(Deals, HoldBackTheSameValidationRowsWhateverIsDealt) {
  const std::vector<std::uint32_t> validation = MustDeal(SpecsOfAllPartitions(0.25)[0]).validation;
  EXPECT_EQ(validation.size(), 500U);
  EXPECT_TRUE(std::is_sorted(validation.begin(), validation.end()));
  for (DealSpec spec : SpecsOfAllPartitions(0.25)) {
    spec.clients = 7;
    spec.examples_per_client = 10;
    EXPECT_EQ(MustDeal(spec).validation, validation) << spec.partition.name;
  }
}

TEST_F(Deals, NeverTouchValidationRows) {
  for (const DealSpec& spec : SpecsOfAllPartitions(0.5)) {
    const Deal deal = MustDeal(spec);
    for (const std::uint32_t row : deal.rows) {
      EXPECT_FALSE(std::binary_search(deal.validation.begin(), deal.validation.end(), row))
          << spec.partition.name;
    }
  }
}

TEST_F(Deals, RoundTheValidationShareDown) {
  const DealSpec spec{.partition = {"iid", {}}, .clients = 1, .validation = 0.0009999};
  EXPECT_EQ(MustDeal(spec).validation.size(), 1U);
}

TEST_F(Deals, GiveAsManyExamplesAsAskedForAndEachClientExactlyUnlessUneven) {
  for (const PartitionEntry& entry : PartitionTable()) {
    DealSpec spec = SpecOf(entry, 0);
    spec.examples_per_client = 33;
    const Deal deal = MustDeal(spec);
    EXPECT_EQ(deal.rows.size(), 33U * spec.clients) << entry.info.name;
    EXPECT_EQ(std::set(deal.rows.begin(), deal.rows.end()).size(), deal.rows.size())
        << entry.info.name;
    if (entry.sizes == ShardSizes::kUneven) continue;
    for (std::uint32_t client = 0; client < spec.clients; ++client) {
      EXPECT_EQ(deal.shard(client).size(), 33U) << Or(entry, ".sizes = ShardSizes::kUneven");
    }
  }
}

TEST_F(Deals, OfEvenPartitionsGiveTheFirstClientsOneMore) {
  for (const PartitionEntry& entry : PartitionTable()) {
    if (entry.sizes != ShardSizes::kEven) continue;
    DealSpec spec = SpecOf(entry, 0);
    spec.clients = 300;  // 2000 = 200 * 7 + 100 * 6
    const Deal deal = MustDeal(spec);
    EXPECT_EQ(deal.shard(199).size(), 7U) << Or(entry, ".sizes = ShardSizes::kUneven");
    EXPECT_EQ(deal.shard(200).size(), 6U) << Or(entry, ".sizes = ShardSizes::kUneven");
  }
}

TEST_F(Deals, NeedNaturalClientsIfTheyAreSaidTo) {
  const auto blobs = Dataset::Open({"blobs", {}}, 1, 0);
  for (const PartitionEntry& entry : PartitionTable()) {
    EXPECT_EQ(DealExamples(*blobs, SpecOf(entry, 0)).ok(), !entry.needs_natural_clients)
        << Or(entry, entry.needs_natural_clients ? ".needs_natural_clients = false"
                                                 : ".needs_natural_clients = true");
  }
}

TEST_F(Deals, RefuseMoreClientsThanExamples) {
  EXPECT_THAT(DealError({.partition = {"iid", {}}, .clients = 100'000}),
              HasSubstr("federation.clients = 100000: client 2000 would have no examples, there "
                        "are 2000 to deal; lower federation.clients to at most 2000"));
}

TEST_F(Deals, RefuseMoreExamplesPerClientThanThereAre) {
  EXPECT_THAT(DealError({.partition = {"iid", {}}, .clients = 10, .examples_per_client = 300}),
              HasSubstr("to deal; set it to 0, so that all are dealt, or to at most 200 or "
                        "federation.clients to at most 6"));
}

TEST_F(Deals, RefuseAnEmptyShardWhateverThePartition) {
  EXPECT_TRUE(CheckNoneIsEmpty("skewed", {.rows = {7, 8, 9}, .offsets = {0, 1, 3}}).ok());
  EXPECT_THAT(CheckNoneIsEmpty("skewed", {.rows = {7, 8, 9}, .offsets = {0, 3, 3}}).ToString(),
              HasSubstr("data.partition = skewed: client 1 would have no examples; change its "
                        "options or lower federation.clients"));
}

TEST_F(Deals, RefuseNoClients) {
  EXPECT_THAT(DealError({.partition = {"iid", {}}}), HasSubstr("federation.clients = 0"));
}

TEST_F(Deals, RefuseAValidationShareOfOne) {
  EXPECT_THAT(DealError({.partition = {"iid", {}}, .clients = 1, .validation = 1}),
              HasSubstr("data.validation = 1: must be in [0, 1)"));
}

TEST_F(Deals, RefuseAnUnknownPartition) {
  EXPECT_THAT(DealError({.partition = {"shard", {}}, .clients = 1}),
              HasSubstr("did you mean \"shards\"?"));
}

using Iid = Deals;

TEST_F(Iid, DealsStretchesOfTheShuffledRows) {
  std::vector<std::uint32_t> rows = AllRows();
  Rng rng(9, RngPurpose::kPartition);
  Shuffle(rows, rng);
  EXPECT_EQ(MustDeal({.partition = {"iid", {}}, .clients = 10, .seed = 9}).rows, rows);
}

using Shards = Deals;

TEST_F(Shards, GiveAClientAtMostAsManyLabelsAsPieces) {
  // 20 pieces of 100 rows: none straddles two classes of 200.
  const Deal deal = MustDeal({.partition = {"shards", {}}, .clients = 10, .seed = 3});
  for (std::uint32_t client = 0; client < 10; ++client) {
    EXPECT_LE(LabelsOf(deal.shard(client)), 2U) << client;
  }
}

TEST_F(Shards, OfOnePieceGiveOneLabel) {
  const Deal deal =
      MustDeal({.partition = {"shards", {{"shards_per_client", 1.0}}}, .clients = 20, .seed = 3});
  for (std::uint32_t client = 0; client < 20; ++client) {
    EXPECT_EQ(LabelsOf(deal.shard(client)), 1U) << client;
  }
}

TEST_F(Shards, RefuseMorePiecesThanExamples) {
  EXPECT_THAT(DealError({.partition = {"shards", {{"shards_per_client", 100.0}}}, .clients = 30}),
              HasSubstr("30 clients need 3000 pieces, there are 2000 examples"));
}

using Dirichlet = Deals;

TEST_F(Dirichlet, SkewsLessAsAlphaGrows) {
  double above = 1.01;
  for (const double alpha : {0.01, 0.1, 1.0, 10.0, 1000.0}) {
    const double skew = Skew(
        MustDeal({.partition = {"dirichlet", {{"alpha", alpha}}}, .clients = 10, .seed = 3}), 10);
    EXPECT_LT(skew, above) << alpha;
    above = skew;
  }
}

TEST_F(Dirichlet, OfASmallAlphaGivesTheFirstClientOneLabel) {
  const Deal deal = MustDeal({.partition = {"dirichlet", {{"alpha", 0.001}}},
                              .clients = 20,
                              .examples_per_client = 50,
                              .seed = 3});
  EXPECT_EQ(LabelsOf(deal.shard(0)), 1U);
}

using Natural = Deals;

TEST_F(Natural, GivesEachClientItsOwnRowsInOrder) {
  const Deal deal = MustDeal({.partition = {"natural", {}}, .clients = kNaturalClients});
  for (std::uint32_t client = 0; client < kNaturalClients; ++client) {
    EXPECT_TRUE(std::is_sorted(deal.shard(client).begin(), deal.shard(client).end()));
    for (const std::uint32_t row : deal.shard(client)) {
      EXPECT_EQ(dataset_->natural_clients()[row], client);
    }
  }
}

TEST_F(Natural, LeavesClientsBeyondThePopulationOut) {
  EXPECT_EQ(MustDeal({.partition = {"natural", {}}, .clients = 5}).rows.size(), 500U);
}

TEST_F(Natural, RefusesMoreClientsThanTheDataHas) {
  EXPECT_THAT(
      DealError({.partition = {"natural", {}}, .clients = 21}),
      HasSubstr("federation.clients = 21: the data has 20 clients; lower it to at most 20"));
}

TEST_F(Natural, RefusesAClientWithTooFewExamples) {
  EXPECT_THAT(DealError({.partition = {"natural", {}}, .clients = 20, .examples_per_client = 101}),
              HasSubstr("client 0 has 100 examples to deal, needs 101"));
}

TEST_F(Natural, NamesTheClientWithTooFewExamples) {
  WriteAll(folder_.File("named.npz"),
           ZipFile({{"x_train.npy", NpyFile("|u1", {3, 1}, "abc")},
                    {"y_train.npy", NpyFile("|u1", {3}, std::string("\0\1\1", 3))},
                    {"x_test.npy", NpyFile("|u1", {1, 1}, "a")},
                    {"y_test.npy", NpyFile("|u1", {1}, "\1")},
                    {"client_id.npy", NpyFile("|S3", {3}, "annbobann")}}));
  const auto named = Dataset::Open({"npz", {{"path", folder_.File("named.npz")}}}, 1, 0);
  ASSERT_TRUE(named.ok()) << named.status();
  const DealSpec spec{.partition = {"natural", {}}, .clients = 2, .examples_per_client = 2};
  EXPECT_THAT(DealExamples(*named, spec).status().ToString(),
              HasSubstr("client 1 (\"bob\") has 1 examples to deal, needs 2"));
}

TEST_F(Natural, RefusesADataSetWithoutClients) {
  const auto blobs = Dataset::Open({"blobs", {}}, 1, 0);
  EXPECT_THAT(
      DealExamples(*blobs, {.partition = {"natural", {}}, .clients = 5}).status().ToString(),
      HasSubstr("an npz with client_id"));
}

}  // namespace
}  // namespace fedround::data
