// A training step must not allocate. The C library's malloc is replaced by one that counts and
// passes on.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <vector>

#include "common/nn/network.h"
#include "tests/common/kernels/random_values.h"
#include "tests/support/sanitized.h"

#if !FEDROUND_SANITIZED

namespace {
std::atomic<int> allocations = 0;
}

extern "C" void* __libc_malloc(std::size_t size);
extern "C" void* malloc(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}

namespace fedround::nn {
namespace {

// Of one step on ten images of 28 x 28.
int AllocationsOfAStep(NetworkSpec spec) {
  spec.inputs = 784;
  spec.image = {28, 28, 1};
  spec.classes = 10;
  const Network network = *Network::Create(spec);
  std::vector<float> parameters(network.parameter_count());
  network.Initialise(1, parameters);
  const std::vector<float> inputs = RandomValues(784 * 10, 1);
  const std::vector<std::uint32_t> labels = RandomLabels(10, 10, 1);
  Workspace workspace(network, 10);
  Rng dropout(1, RngPurpose::kDropoutMask);
  const int before = allocations;
  network.TrainStep(parameters, inputs, labels, {.learning_rate = 0.1f}, {}, {}, workspace, nullptr,
                    &dropout);
  return allocations - before;
}

TEST(TrainStep, AllocatesNothing) {
  EXPECT_EQ(AllocationsOfAStep({.hidden = {200, 200}}), 0);
  EXPECT_EQ(AllocationsOfAStep({.preset = Preset::kCnn}), 0);
}

TEST(TrainStep, AllocatesNothingInAnyLayer) {
  EXPECT_EQ(AllocationsOfAStep({.preset = Preset::kCustom,
                                .layers = {{"layer_norm", {}},
                                           {"max_pool", {}},
                                           {"conv2d", {{"channels", 4.0}}},
                                           {"activation", {}},
                                           {"dropout", {}},
                                           {"flatten", {}},
                                           {"dense", {{"units", 20.0}}}}}),
            0);
}

// Guards the test above: were malloc not replaced, it could not fail.
TEST(TrainStep, AllocationsAreCounted) {
  const int before = allocations;
  // Not a vector: compilers may leave out a new that they see deleted.
  void* volatile something = std::malloc(1000);
  std::free(something);
  EXPECT_GT(allocations - before, 0);
}

}  // namespace
}  // namespace fedround::nn

#endif
