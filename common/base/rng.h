// Counter-based random numbers: every draw is a pure function of (seed, purpose, round, client,
// index).
//
// No state is shared and nothing is drawn "in order", so a result depends neither on which process
// or thread computed it nor on what was drawn elsewhere before. Not for secrets: those come from
// OpenSSL. Source: Philox4x32-10, Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2,
// 3".
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace fedround {

// What a stream is for. The numbers are part of the result of a run: never renumber, only append.
enum class RngPurpose : std::uint32_t {
  kInitialWeights = 1,  // client field: index of the tensor
  kPartition = 2,
  kValidationSplit = 3,
  kCohort = 4,
  kDropout = 5,     // which cohort members fail on purpose (federation.dropout)
  kBatchOrder = 6,  // the order of a client's examples in one round
  kSyntheticData = 7,
  kArrivalOrder = 8,  // tests: a shuffled order of arrival
  kLabelNoise = 10,   // client field: row of the training set
  kDropoutMask = 11,  // the masks of a client's dropout layers in one round
  kAdversaries = 12,  // which clients of the run are adversaries
};

// One block of Philox4x32-10.
std::array<std::uint32_t, 4> Philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

// The draws of one stream, in order of their index. 2^34 words long. Not thread-safe; copy it
// freely.
class Rng {
 public:
  Rng(std::uint64_t seed, RngPurpose purpose, std::uint32_t round = 0, std::uint32_t client = 0);

  std::uint32_t NextUint32();
  // Uniform in [0, bound), without bias (Lemire 2019). bound > 0.
  std::uint32_t Below(std::uint32_t bound);
  // Uniform in [0, 1), a multiple of 2^-53. Takes two words, the high one first.
  double NextDouble();
  // Standard normal (Box-Muller). Takes four words and returns one value; no second one is kept.
  double NextNormal();
  // The natural logarithm of a Gamma(shape, 1) variate, shape > 0: for a small shape the variate
  // itself may be below the smallest double (half of them at 0.001). Marsaglia and Tsang 2000.
  double NextLogGamma(double shape);

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  int used_ = 4;
};

// Fisher-Yates from the back: for i = n-1 .. 1, swap(i, Below(i + 1)).
void Shuffle(std::span<std::uint32_t> values, Rng& rng);

}  // namespace fedround
