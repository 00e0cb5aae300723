#include "experiments/analysis/data_report.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>

namespace fedround::analysis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

data::DecodedSplit SplitOf(const std::vector<float>& values, std::vector<std::uint32_t> labels) {
  data::DecodedSplit split;
  split.values = AlignedBuffer<std::byte>(values.size() * sizeof(float));
  if (!values.empty()) std::memcpy(split.values.data(), values.data(), split.values.size());
  split.labels = std::move(labels);
  return split;
}

// Examples of two inputs, the labels of training and test apart.
data::Decoded Data(const std::vector<float>& train, std::vector<std::uint32_t> train_labels,
                   const std::vector<float>& test, std::vector<std::uint32_t> test_labels) {
  data::Decoded decoded;
  decoded.type = data::ValueType::kFloat32;
  decoded.shape = {1, 1, 2};
  decoded.classes = data::CountClasses(train_labels);
  decoded.train = SplitOf(train, std::move(train_labels));
  decoded.test = SplitOf(test, std::move(test_labels));
  return decoded;
}

std::vector<std::string> NotesOf(const data::Decoded& decoded) {
  return Notes(decoded, MeasureData(decoded));
}

TEST(DataReport, CountsClassesOfBothSplits) {
  const DataReport report = MeasureData(Data({0, 1, 2, 3, 4, 5}, {0, 2, 0}, {6, 7}, {2}));
  EXPECT_THAT(report.train_of_class, ElementsAre(2, 0, 1));
  EXPECT_THAT(report.test_of_class, ElementsAre(0, 0, 1));
  EXPECT_FALSE(report.clients.has_value());
}

TEST(DataReport, CountsTheExamplesOfClients) {
  data::Decoded decoded = Data({0, 1, 2, 3, 4, 5}, {0, 1, 0}, {}, {});
  decoded.natural_clients = {1, 0, 1};
  const DataReport report = MeasureData(decoded);
  EXPECT_EQ(report.clients->clients, 2U);
  EXPECT_EQ(report.clients->smallest, 1U);
  EXPECT_EQ(report.clients->largest, 2U);
}

TEST(DataReport, MeasuresTheRangeOfBothSplits) {
  const InputRange range =
      MeasureData(Data({0, 3, 0, NAN, 0, 5}, {0, 1, 0}, {-20, INFINITY}, {1})).range;
  EXPECT_EQ(range.least, -20);
  EXPECT_EQ(range.most, 5);
  EXPECT_EQ(range.values, 8U);
  EXPECT_EQ(range.not_finite, 2U);
  EXPECT_EQ(range.constant, 1U);  // of training
  EXPECT_EQ(range.wide, 1U);
}

TEST(DataReport, TakesBytesForPartsOfOne) {
  data::Decoded decoded = Data({}, {0, 1}, {}, {});
  decoded.type = data::ValueType::kUint8;
  decoded.train.values = AlignedBuffer<std::byte>(4);
  std::memcpy(decoded.train.values.data(), "\0\377\0\0", 4);
  const InputRange range = MeasureData(decoded).range;
  EXPECT_EQ(range.least, 0);
  EXPECT_EQ(range.most, 1);
}

TEST(DataReport, FindsCopies) {
  const Copies copies =
      MeasureData(Data({1, 2, 3, 4, 1, 2, 1, 2}, {0, 1, 0, 1}, {9, 9, 3, 4, 1, 2}, {0, 0, 0}))
          .copies;
  EXPECT_EQ(copies.in_train, 2U);
  EXPECT_EQ(copies.labelled_otherwise, 1U);
  EXPECT_EQ(copies.of_train_in_test, 2U);
  EXPECT_EQ(copies.first_in_test, std::pair(std::uint64_t{1}, std::uint64_t{1}));
}

TEST(Notes, HasNoneOfSoundData) {
  EXPECT_THAT(NotesOf(Data({0, 1, 2, 3}, {0, 1}, {4, 5, 6, 7}, {1, 0})), IsEmpty());
}

TEST(Notes, NamesClassesThatAreMissing) {
  EXPECT_THAT(NotesOf(Data({0, 1, 2, 3}, {0, 2}, {4, 5}, {2})),
              ElementsAre(HasSubstr("class 1 without training examples"),
                          "classes 0 and 1 without test examples"));
  EXPECT_THAT(NotesOf(Data({0, 1, 2, 3}, {0, 20}, {}, {})),
              ElementsAre(HasSubstr("classes 1, 2, 3, 4, 5 and 14 more without training"),
                          "no test examples: models are not scored"));
}

TEST(Notes, SaysHowToScale) {
  EXPECT_THAT(
      NotesOf(Data({0, 255, 2, 3}, {0, 1}, {4, 5, 6, 7}, {1, 0})),
      ElementsAre(HasSubstr("1 of 2 features exceed [-10, 10]: unscaled inputs train badly; "
                            "save (x - x.mean(0)) / x.std(0), with mean and deviation of "
                            "x_train for both splits, or set data.scale = 0.00392")));
}

}  // namespace
}  // namespace fedround::analysis
