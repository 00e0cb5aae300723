#include "common/base/cpu/flush_to_zero.h"

#include <gtest/gtest.h>

namespace fedround {
namespace {

// Read anew for each product, which is taken when the program runs.
volatile float kSmallestNormal = 1.17549435e-38f;
volatile float kDenormal = 1e-40f;

float DenormalResult() { return kSmallestNormal * 0.25f; }
float DenormalOperand() { return kDenormal * 1e10f; }

TEST(ScopedFlushToZero, FlushesResultsAndOperands) {
  const ScopedFlushToZero flush(true);
  EXPECT_EQ(DenormalResult(), 0.0f);
  EXPECT_EQ(DenormalOperand(), 0.0f);
}

TEST(ScopedFlushToZero, RestoresWhatWasBefore) {
  const unsigned before = _mm_getcsr();
  { const ScopedFlushToZero flush(true); }
  EXPECT_EQ(_mm_getcsr(), before);
  EXPECT_GT(DenormalResult(), 0.0f);
  EXPECT_GT(DenormalOperand(), 0.0f);
}

TEST(ScopedFlushToZero, ChangesNothingUnlessWanted) {
  const ScopedFlushToZero flush(false);
  EXPECT_GT(DenormalResult(), 0.0f);
}

}  // namespace
}  // namespace fedround
