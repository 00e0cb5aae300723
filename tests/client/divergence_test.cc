#include "client/divergence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

namespace fedround::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class DivergenceTest : public ::testing::Test {
 protected:
  // What it says of these; "" if nothing.
  std::string Said(double loss, const std::vector<float>& update) const {
    const absl::Status status =
        CheckConverging(experiment_, shard_, /*inputs=*/3, {{"train_loss", loss}}, update);
    EXPECT_TRUE(status.ok() || absl::IsOutOfRange(status)) << status;
    return std::string(status.message());
  }

 private:
  static data::Examples Shard() {
    const PlugIn blobs{"blobs", {{"features", 3.0}, {"train", 1000.0}, {"test", 10.0}}};
    std::vector<std::uint32_t> rows(1000);
    std::iota(rows.begin(), rows.end(), 0U);
    return *data::Dataset::Open(blobs, /*scale=*/1000, 7)->Read(data::Split::kTrain, rows);
  }

  const Experiment experiment_ =
      ParseExperimentToml("training.learning_rate = 0.25\ndata.scale = 1000", "it.toml", {})
          .value();
  const data::Examples shard_ = Shard();
};

TEST_F(DivergenceTest, IsNotFoundInAnUpdateThatFits) {
  EXPECT_EQ(Said(1e9, {16.0F, -16.0F, 0.0F}), "");
}

TEST_F(DivergenceTest, IsALossThatIsNoNumber) {
  EXPECT_THAT(
      Said(std::nan(""), {3.0F, 4.0F}),
      HasSubstr("its training diverged (update of norm 5, loss nan): lower "
                "training.learning_rate (now 0.25) or scale the inputs (data.scale is 1000; "
                "this client's go from -"));
}

TEST_F(DivergenceTest, IsAnUpdateBeyondTheGrid) {
  EXPECT_THAT(Said(0.5, {0.0F, 4e18F}), HasSubstr("update of norm 4e+18, loss 0.5"));
  EXPECT_THAT(Said(0.5, {std::numeric_limits<float>::infinity()}), HasSubstr("update of norm inf"));
}

TEST_F(DivergenceTest, IsPerhapsNoneIfTheUpdateIsLittleTooLarge) {
  EXPECT_THAT(Said(0.5, {17.0F}),
              HasSubstr("raise fold.max_abs (now 16) and lower fold.scale_bits"));
  EXPECT_THAT(Said(0.5, {4e18F}), Not(HasSubstr("fold.max_abs")));
}

TEST_F(DivergenceTest, OfAnEvaluationHasNoUpdate) {
  EXPECT_THAT(Said(std::nan(""), {}), HasSubstr("diverged (loss nan): lower"));
}

}  // namespace
}  // namespace fedround::client
