// Coordinate-wise trimmed mean: of each entry the `trim` largest and the `trim` smallest of the
// clients' values are left out, and the mean of the others is taken. Clients count alike.
// Source: Yin et al. 2018, arXiv:1803.01498, definition 2.
#include "common/algorithm/algorithms/sorted_entries.h"
#include "common/algorithm/algorithms/table.h"

namespace fedround::algorithm {
namespace {

const OptionSpec kOptions[] = {
    {.name = "trim",
     .default_value = 1.0,
     .help = "clients left out at each end: more than twice as many must answer",
     .min = 0,
     .max = 1e6,
     .whole = true}};

class TrimmedMean : public Server {
 public:
  explicit TrimmedMean(std::size_t trim) : trim_(trim) {}

  void Apply(const Round& round, const Next& next) override {
    StepByEntry(round, next, [this](std::span<const float> values) {
      return MeanOf(values.subspan(trim_, values.size() - 2 * trim_));
    });
  }

 private:
  std::size_t trim_;
};

}  // namespace

AlgorithmEntry TrimmedMeanEntry() {
  return {
      .info = {"trimmed_mean", "mean of the clients' updates without the extremes of each entry",
               "Yin et al. 2018, arXiv:1803.01498", kOptions},
      .server = [](const PlugIn& options, std::size_t) -> std::unique_ptr<Server> {
        return std::make_unique<TrimmedMean>(options.Whole<std::size_t>("trim"));
      },
      .needs =
          [](const PlugIn& options) {
            return Needs{.keeps_updates = true,
                         .min_answers = 2 * options.Whole<std::uint64_t>("trim") + 1};
          }};
}

}  // namespace fedround::algorithm
