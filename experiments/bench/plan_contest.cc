#include "experiments/bench/plan_contest.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/rng.h"
#include "common/kernels/dense.h"
#include "experiments/bench/contest.h"
#include "experiments/bench/peers/activations.h"
#include "experiments/bench/peers/one_dnn.h"

namespace fedround::bench {
namespace {

constexpr std::uint64_t kSeed = 1;
// So small that after a cell's million updates the weights are still of order 1.
constexpr float kScale = -1e-6F;

struct Layer {
  std::size_t in;
  std::size_t out;
};
constexpr Layer kLayers[] = {{784, 200}, {200, 200}};  // McMahan et al. 2017's 2NN

void OurDense(Product product, const DenseOperands& o) {
  switch (product) {
    case Product::kForward:
      return kernels::DenseForward(o.shape, o.x, o.w, o.b, o.z);
    case Product::kInputGradient:
      return kernels::DenseBackwardInput(o.shape, o.dz, o.w, o.dx);
    case Product::kWeightGradient:
      return kernels::DenseAddGradient(o.shape, o.scale, o.x, o.dz, o.w, o.b);
  }
}

std::string Title(const PlanCell& cell) {
  return absl::StrCat(ProductName(cell.product), ", ", cell.shape.in, " -> ", cell.shape.out,
                      ", batch ", cell.shape.batch);
}

void Measure(const PlanOptions& options, std::span<const DenseLibrary> libraries, PlanCell& cell) {
  DenseBuffers buffers(cell.shape);
  const DenseOperands operands = buffers.operands();
  std::vector<Variant> variants;
  const auto add = [&](const DenseLibrary& library) {
    const auto run = [&library, &operands, product = cell.product](std::size_t steps) {
      while (steps-- > 0) library.compute(product, operands);
    };
    variants.push_back({library.name, run, {}});
  };
  std::ranges::for_each(libraries, add);
  add(libraries.front());
  const ContestTimes times =
      RunContest(variants, {.budget_ns = options.budget_ns, .progress = [&](double share) {
                              if (options.progress) options.progress(Title(cell), share);
                            }});
  const double flops = 2.0 * static_cast<double>(cell.shape.batch * cell.shape.in * cell.shape.out);
  cell.turns = times.turns();
  for (std::size_t i = 0; i < libraries.size(); ++i) {
    cell.rows.push_back(
        {.library = libraries[i].name,
         .gflops = times.Over([&](std::size_t turn) { return flops / times.At(i, turn); }),
         .ratio = times.Ratio(0, i)});
  }
  cell.control = times.Ratio(0, libraries.size());
}

}  // namespace

absl::string_view ProductName(Product product) {
  switch (product) {
    case Product::kForward:
      return "forward";
    case Product::kInputGradient:
      return "input gradient";
    case Product::kWeightGradient:
      break;
  }
  return "weight gradient";
}

DenseBuffers::DenseBuffers(const kernels::DenseShape& shape)
    : shape_(shape),
      x_(shape.batch * shape.in),
      dz_(shape.batch * shape.out),
      w_(shape.out * shape.in),
      b_(shape.out),
      z_(shape.batch * shape.out),
      dx_(shape.batch * shape.in) {
  Rng rng(kSeed, RngPurpose::kSyntheticData);
  for (FloatBuffer* const buffer : {&x_, &dz_, &w_, &b_, &z_, &dx_}) {
    for (float& value : buffer->span()) value = static_cast<float>(rng.NextNormal());
  }
}

DenseOperands DenseBuffers::operands() {
  return {.shape = shape_,
          .scale = kScale,
          .x = x_.span(),
          .dz = dz_.span(),
          .w = w_.span(),
          .b = b_.span(),
          .z = z_.span(),
          .dx = dx_.span()};
}

DenseLibraries FindDenseLibraries() {
  DenseLibraries libraries{.all = {{"ours", OurDense}}, .left_out = {}};
  if (!MachineHasVectors(kEigenDenseVectorBytes)) {
    libraries.left_out.emplace_back(
        "Eigen, and oneDNN whose biases it adds: compiled for wider vectors than this machine has");
    return libraries;
  }
  libraries.all.push_back({kEigenDenseName, EigenDense});
  const absl::StatusOr<OneDnn> one_dnn = OneDnn::Load();
  if (one_dnn.ok()) {
    libraries.all.push_back(
        {one_dnn->name(), [library = *one_dnn](Product product, const DenseOperands& operands) {
           OneDnnDense(library, product, operands);
         }});
  } else {
    libraries.left_out.emplace_back(one_dnn.status().message());
  }
  return libraries;
}

const PlanRow& FastestOf(const PlanCell& cell) {
  return *std::ranges::max_element(cell.rows, {},
                                   [](const PlanRow& row) { return row.ratio.median; });
}

bool AnotherWins(const PlanCell& cell) {
  return std::ranges::any_of(cell.rows, [](const PlanRow& row) {
    return row.ratio.median > 1 + kWorthwhile && row.ratio.low > 1;
  });
}

void RunPlanContests(const PlanOptions& options, std::span<const DenseLibrary> libraries,
                     const std::function<void(const PlanCell&)>& done) {
  for (const Product product : kProducts) {
    for (const Layer& layer : kLayers) {
      for (const std::size_t batch : options.batches) {
        PlanCell cell{.product = product, .shape = {batch, layer.in, layer.out}};
        Measure(options, libraries, cell);
        done(cell);
      }
    }
  }
}

}  // namespace fedround::bench
