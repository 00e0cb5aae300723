// `fedround bench plan`: which library, ours or another, is fastest for each dense product of the
// 2NN's two large layers. (The first layer's input gradient, which no training step needs, stands
// for one that a convolution below it would need.)
//
// A cell is one product, shape and batch. In it all libraries, and ours once more as a control,
// take turns on the same buffers, none of whose inputs is 0; all do the same work (peers/dense.h).
// An interval describes one process: the same cell has given 1.07 in one and 0.98 in the next.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/aligned_buffer.h"
#include "common/base/clock.h"
#include "experiments/bench/estimate.h"
#include "experiments/bench/peers/dense.h"

namespace fedround::bench {

// By how much another library must be faster for one of its products to be worth using.
inline constexpr double kWorthwhile = 0.03;

absl::string_view ProductName(Product product);  // "forward", "input gradient", ...

// A layer's buffers, filled from normal distributions. Move-only.
class DenseBuffers {
 public:
  explicit DenseBuffers(const kernels::DenseShape& shape);
  DenseOperands operands();

 private:
  kernels::DenseShape shape_;
  FloatBuffer x_, dz_, w_, b_, z_, dx_;
};

struct DenseLibrary {
  std::string name;
  std::function<void(Product, const DenseOperands&)> compute;
};
struct DenseLibraries {
  std::vector<DenseLibrary> all;      // ours first
  std::vector<std::string> left_out;  // each with the reason
};
// The libraries that are installed and can run on this machine.
DenseLibraries FindDenseLibraries();

struct PlanRow {
  std::string library;
  Estimate gflops;
  Estimate ratio;  // its GFLOP/s / ours; 1 for ours
};

struct PlanCell {
  Product product = Product::kForward;
  kernels::DenseShape shape;
  std::size_t turns = 0;
  std::vector<PlanRow> rows;  // as DenseLibraries::all
  Estimate control;           // ours again / ours
};

// The row with the largest ratio.
const PlanRow& FastestOf(const PlanCell& cell);
// Whether a library is faster than ours by more than kWorthwhile, and not by chance.
bool AnotherWins(const PlanCell& cell);

struct PlanOptions {
  std::vector<std::size_t> batches;
  Nanos budget_ns = kNanosPerSecond;  // per cell
  // What is going on, and how much of it is done; may be empty.
  std::function<void(const std::string& what, double share)> progress;
};

// Products x shapes x batches, one after the other; `done` gets each cell as it is finished.
void RunPlanContests(const PlanOptions& options, std::span<const DenseLibrary> libraries,
                     const std::function<void(const PlanCell&)>& done);

}  // namespace fedround::bench
