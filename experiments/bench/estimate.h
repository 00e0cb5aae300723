// A median and how far it can be trusted.
#pragma once

#include <vector>

namespace fedround::bench {

struct Estimate {
  double median = 0;
  double low = 0;   // of the interval
  double high = 0;  // likewise

  bool Excludes(double value) const { return value < low || value > high; }
};

// The median of `values` (at least one), between the two order statistics that enclose the median
// of their distribution with a probability of at least 95 %, whatever the distribution: the number
// of values below that median is Binomial(n, 1/2) (Conover 1999, Practical Nonparametric
// Statistics, 3.2). Preferred to a bootstrap because it is exact for every n, needs no seed, and is
// not widened by outliers, which a shared machine is sure to produce. It assumes that the values
// are independent; fewer than six give the smallest and the largest, which means less than 95 %.
Estimate EstimateMedian(std::vector<double> values);

}  // namespace fedround::bench
