#include <gmock/gmock.h>

#include <cmath>
#include <numeric>

#include "common/data/dataset.h"
#include "common/data/partitions/table.h"
#include "tests/common/data/data_files.h"

namespace fedround::data {
namespace {

constexpr std::uint32_t kExamples = 20'000;
constexpr std::uint32_t kClasses = 4;
using Labels = std::vector<std::uint32_t>;

class LabelNoise : public DatasetTest {
 protected:
  static Dataset Noisy(double share, std::uint64_t seed = 1) {
    auto dataset = Dataset::Open({"blobs",
                                  {{"classes", double{kClasses}},
                                   {"features", 1.0},
                                   {"train", double{kExamples}},
                                   {"test", 1000.0}}},
                                 1, 1);
    EXPECT_TRUE(dataset.ok()) << dataset.status();
    dataset->AddLabelNoise(share, seed);
    return *std::move(dataset);
  }
  static Labels Train(const Dataset& dataset) {
    const auto labels = dataset.labels(Split::kTrain);
    return {labels.begin(), labels.end()};
  }
  // Row i of the data set is of class i mod kClasses.
  static std::vector<std::uint32_t> Replaced(const Dataset& dataset) {
    std::vector<std::uint32_t> rows;
    for (std::uint32_t row = 0; row < kExamples; ++row) {
      if (dataset.labels(Split::kTrain)[row] != row % kClasses) rows.push_back(row);
    }
    return rows;
  }
};

TEST_F(LabelNoise, OfShareZeroChangesNothing) { EXPECT_TRUE(Replaced(Noisy(0)).empty()); }

TEST_F(LabelNoise, OfShareOneLeavesNoLabelAsItWas) {
  EXPECT_EQ(Replaced(Noisy(1)).size(), kExamples);
}

TEST_F(LabelNoise, ReplacesItsShareByEachOtherClassEquallyOften) {
  const Dataset dataset = Noisy(0.3);
  std::vector<double> moved(kClasses);  // by how far the label was moved, modulo the classes
  for (std::uint32_t row = 0; row < kExamples; ++row) {
    ++moved[(dataset.labels(Split::kTrain)[row] + kClasses - row % kClasses) % kClasses];
  }
  for (std::uint32_t by = 0; by < kClasses; ++by) {
    const double chance = by == 0 ? 0.7 : 0.1;
    const double deviation = std::sqrt(kExamples * chance * (1 - chance));
    EXPECT_NEAR(moved[by], kExamples * chance, 4 * deviation) << by;
  }
}

TEST_F(LabelNoise, FollowsFromTheSeed) {
  EXPECT_EQ(Train(Noisy(0.3)), Train(Noisy(0.3)));
  EXPECT_NE(Train(Noisy(0.3)), Train(Noisy(0.3, 2)));
}

TEST_F(LabelNoise, OfALargerShareAddsToThatOfASmallerOne) {
  const Dataset little = Noisy(0.1);
  const Dataset more = Noisy(0.2);
  for (const std::uint32_t row : Replaced(little)) {
    EXPECT_EQ(more.labels(Split::kTrain)[row], little.labels(Split::kTrain)[row]) << row;
  }
  EXPECT_GT(Replaced(more).size(), Replaced(little).size());
}

TEST_F(LabelNoise, LeavesTheTestSetAndTheHashAlone) {
  const Dataset clean = Noisy(0);
  const Dataset noisy = Noisy(1);
  EXPECT_THAT(noisy.labels(Split::kTest), ::testing::ElementsAreArray(clean.labels(Split::kTest)));
  EXPECT_EQ(noisy.hash(), clean.hash());
}

TEST_F(LabelNoise, IsWhatClientsAndValidationReadWhateverThePartition) {
  const Dataset dataset = Noisy(0.5);
  const Labels labels = Train(dataset);
  for (const PartitionEntry& entry : PartitionTable()) {
    if (entry.needs_natural_clients) continue;  // blobs have none
    const auto deal = DealExamples(
        dataset,
        {.partition = {std::string(entry.info.name), {}}, .clients = 10, .validation = 0.1});
    ASSERT_TRUE(deal.ok()) << deal.status();
    for (const Labels& rows : {deal->rows, deal->validation}) {
      const auto examples = dataset.Read(Split::kTrain, rows);
      ASSERT_TRUE(examples.ok()) << examples.status();
      std::vector<std::uint32_t> positions(rows.size());
      std::iota(positions.begin(), positions.end(), 0U);
      std::vector<float> inputs(rows.size());
      Labels read(rows.size());
      examples->Gather(positions, inputs, read);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        ASSERT_EQ(read[i], labels[rows[i]]) << entry.info.name << " row " << rows[i];
      }
    }
  }
}

}  // namespace
}  // namespace fedround::data
