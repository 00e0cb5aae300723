// Coordinate-wise median: each entry of the step is the median of the clients' entries, which a
// minority of clients cannot move far, whatever they send. Clients count alike.
// Source: Yin et al. 2018, arXiv:1803.01498, definition 1; for an even number of clients the mean of
// the two in the middle.
#include "common/algorithm/algorithms/sorted_entries.h"
#include "common/algorithm/algorithms/table.h"

namespace fedround::algorithm {
namespace {

class CoordinateMedian : public Server {
 public:
  void Apply(const Round& round, const Next& next) override {
    StepByEntry(round, next, [](std::span<const float> values) {
      const std::size_t first = (values.size() - 1) / 2;
      return MeanOf(values.subspan(first, values.size() / 2 - first + 1));
    });
  }
};

}  // namespace

AlgorithmEntry CoordinateMedianEntry() {
  return {.info = {"coordinate_median",
                   "median of the clients' updates, entry by entry",
                   "Yin et al. 2018, arXiv:1803.01498",
                   {}},
          .server = [](const PlugIn&, std::size_t) -> std::unique_ptr<Server> {
            return std::make_unique<CoordinateMedian>();
          },
          .needs = [](const PlugIn&) { return Needs{.keeps_updates = true}; }};
}

}  // namespace fedround::algorithm
