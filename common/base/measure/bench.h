// Helpers for benchmarks: interleaved repetitions, medians with an interval, ratios to a limit
// measured in the same run. Machines are shared and noisy: only ratios from one run mean much, and
// processor time says more than wall time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/base/clock.h"
#include "common/base/measure/quantile.h"

namespace fedround::bench {

struct Contender {
  std::string name;
  std::function<void()> run;
};

// Thread-CPU nanoseconds of each contender's runs; in each of `repetitions`, all take a turn.
inline std::vector<std::vector<double>> Interleave(const std::vector<Contender>& contenders,
                                                   int repetitions) {
  std::vector<std::vector<double>> times(contenders.size());
  for (int repetition = -1; repetition < repetitions; ++repetition) {  // the first one warms up
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      const Nanos start = ThreadCpuNow();
      contenders[i].run();
      if (repetition >= 0) times[i].push_back(static_cast<double>(ThreadCpuNow() - start));
    }
  }
  return times;
}

// "0.83 [0.81, 0.84]": the median of a/b by repetition, and the middle half.
inline std::string RatioText(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < a.size(); ++i) ratios.push_back(a[i] / b[i]);
  return absl::StrFormat("%.2f [%.2f, %.2f]", Median(ratios), Quantile(ratios, 0.25),
                         Quantile(ratios, 0.75));
}

}  // namespace fedround::bench
