// Label skew by degrees: client k mixes the classes in proportions q_k ~ Dirichlet(alpha, ...,
// alpha).
//
// Clients are served in the order of their ids, each until its shard is full. An example is drawn
// by drawing its class from q_k, then taking the next one of that class in a shuffled order; a
// class that is used up is struck out and the rest of q_k is scaled up. So shards have even sizes,
// no example is dealt twice, and the last clients have less choice than the first. Source: Hsu et
// al. 2019, arXiv:1909.06335, section 3.1, with a uniform prior: alpha here is that of one class,
// which is the paper's divided by the number of classes.
#include <algorithm>
#include <cmath>
#include <limits>

#include "common/base/status_macros.h"
#include "common/data/partitions/even_offsets.h"
#include "common/data/partitions/sort_by_label.h"
#include "common/data/partitions/table.h"

namespace fedround::data {
namespace {

// The rows not dealt yet, by class, each class in a shuffled order.
class Stock {
 public:
  Stock(std::vector<std::uint32_t> rows, const PartitionInput& input, Rng& rng)
      : rows_(std::move(rows)) {
    Shuffle(rows_, rng);
    end_ = SortByLabel(input.labels, input.classes, rows_);
    next_.assign(end_.begin(), end_.end() - 1);
    end_.erase(end_.begin());
  }

  std::size_t classes() const { return end_.size(); }
  std::size_t left(std::size_t c) const { return end_[c] - next_[c]; }
  std::uint32_t Take(std::size_t c) { return rows_[next_[c]++]; }

 private:
  std::vector<std::uint32_t> rows_;
  std::vector<std::uint64_t> next_;  // [classes]
  std::vector<std::uint64_t> end_;   // [classes]
};

// One client's class proportions over what is left in stock. They are kept as logarithms, up to a
// common term: with a small alpha most are too small for a double, and yet it matters which of the
// remaining ones is the largest.
class ClassMix {
 public:
  ClassMix(double alpha, const Stock& stock, Rng& rng) : log_share_(stock.classes()) {
    for (double& share : log_share_) share = rng.NextLogGamma(alpha);
    Accumulate(stock);
  }

  // Strikes out the classes that are used up. At least one must be left.
  void Accumulate(const Stock& stock) {
    double largest = -std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < log_share_.size(); ++c) {
      if (stock.left(c) > 0) largest = std::max(largest, log_share_[c]);
    }
    cumulative_.resize(log_share_.size());
    double sum = 0;
    for (std::size_t c = 0; c < log_share_.size(); ++c) {
      cumulative_[c] = sum += stock.left(c) > 0 ? std::exp(log_share_[c] - largest) : 0;
    }
  }

  std::size_t Draw(Rng& rng) const {
    const double point = rng.NextDouble() * cumulative_.back();
    const auto above = std::upper_bound(cumulative_.begin(), cumulative_.end(), point);
    if (above != cumulative_.end()) return static_cast<std::size_t>(above - cumulative_.begin());
    // Rounding put the point at the very end: it belongs to the last class that has a share.
    return static_cast<std::size_t>(
        std::lower_bound(cumulative_.begin(), cumulative_.end(), cumulative_.back()) -
        cumulative_.begin());
  }

 private:
  std::vector<double> log_share_;
  std::vector<double> cumulative_;  // of the shares, the largest one being 1
};

absl::Status DealDirichlet(const PartitionInput& input, std::vector<std::uint32_t> rows, Rng rng,
                           Deal& deal) {
  ASSIGN_OR_RETURN(deal.offsets,
                   EvenOffsets(rows.size(), input.clients, input.examples_per_client));
  Stock stock(std::move(rows), input, rng);
  const double alpha = input.options.Number("alpha");
  deal.rows.reserve(deal.offsets.back());
  for (std::size_t client = 0; client < input.clients; ++client) {
    ClassMix mix(alpha, stock, rng);
    while (deal.rows.size() < deal.offsets[client + 1]) {
      const std::size_t c = mix.Draw(rng);
      deal.rows.push_back(stock.Take(c));
      if (stock.left(c) == 0 && deal.rows.size() < deal.offsets[client + 1]) mix.Accumulate(stock);
    }
  }
  return absl::OkStatus();
}

}  // namespace

PartitionEntry DirichletEntry() {
  static const auto& options =
      *new std::vector<OptionSpec>{{.name = "alpha",
                                    .default_value = 0.5,
                                    .help = "how even a client's labels are: below 0.1 almost one "
                                            "label, above 100 almost the same mix",
                                    .min = 1e-6,
                                    .max = 1e6}};
  return {{"dirichlet", "label proportions of each client drawn from a Dirichlet distribution",
           "Hsu et al. 2019, arXiv:1909.06335", options},
          DealDirichlet};
}

}  // namespace fedround::data
