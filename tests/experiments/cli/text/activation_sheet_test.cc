#include "experiments/cli/text/activation_sheet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numbers>

#include "common/base/plug_in_table.h"

namespace fedround::cli {
namespace {

using testing::ElementsAre;

ActivationSheet SheetNamed(absl::string_view name) {
  return SheetOf(
      *ResolveEntry("activation", "activation", {std::string(name), {}}, nn::ActivationTable())
           ->entry);
}

TEST(ActivationSheet, SaysWhatReluIs) {
  const ActivationSheet sheet = SheetNamed("relu");
  EXPECT_EQ(sheet.gain, std::numbers::sqrt2);
  EXPECT_EQ(sheet.keeps, "output");
  EXPECT_THAT(sheet.kinks, ElementsAre(0.0));
  EXPECT_THAT(sheet.kernels, ElementsAre("fast", "compiler", "scalar", "branchy"));
}

TEST(ActivationSheet, SaysWhatGeluKeepsAndLacks) {
  const ActivationSheet sheet = SheetNamed("gelu");
  EXPECT_EQ(sheet.keeps, "input");
  EXPECT_THAT(sheet.kernels, ElementsAre("fast", "compiler", "scalar"));
}

TEST(ActivationSheet, MeasuresWhatAnElementCosts) {
  const ActivationSheet sheet = SheetNamed("mish");
  EXPECT_GT(sheet.forward_ns, 0);
  EXPECT_GT(sheet.backward_ns, 0);
}

}  // namespace
}  // namespace fedround::cli
