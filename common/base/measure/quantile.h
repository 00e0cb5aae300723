// Order statistics of measured values.
#pragma once

#include <span>
#include <utility>
#include <vector>

namespace fedround {

// The value below which the share `q` (0 .. 1) of `values` lies, interpolated linearly between
// order statistics (type 7 of Hyndman and Fan 1996; NumPy's default). 0 if there are no values.
double Quantile(std::vector<double> values, double q);
// The same for values that are in ascending order.
double QuantileOfSorted(std::span<const double> values, double q);

inline double Median(std::vector<double> values) { return Quantile(std::move(values), 0.5); }

}  // namespace fedround
