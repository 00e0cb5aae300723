// How close the fold comes to merely reading its updates: ratios to a read-only pass over the same
// memory.
#include <cstdio>
#include <vector>

#include "common/base/measure/bench.h"
#include "common/fold/sums.h"

namespace fedround::fold {
namespace {

volatile float sink;

// Reads four updates at a time, as the fold does, and does nothing but add them up.
void ReadOnly(const std::vector<FloatBuffer>& updates) {
  float total = 0;
  for (std::size_t k = 0; k + 4 <= updates.size(); k += 4) {
    const float* const a = updates[k].data();
    const float* const b = updates[k + 1].data();
    const float* const c = updates[k + 2].data();
    const float* const d = updates[k + 3].data();
    // 64 partial sums, so that additions never wait for each other.
    float sums[64] = {};
    for (std::size_t i = 0; i + 64 <= updates[k].size(); i += 64) {
      for (std::size_t j = 0; j < 64; ++j) sums[j] += (a[i + j] + b[i + j]) + (c[i + j] + d[i + j]);
    }
    for (const float sum : sums) total += sum;
  }
  sink = total;
}

void Fold(Sums& accumulator, const std::vector<FloatBuffer>& updates, std::size_t a_pass) {
  std::vector<WeightedUpdate> batch;
  for (std::size_t k = 0; k < updates.size(); k += a_pass) {
    batch.clear();
    for (std::size_t j = k; j < std::min(k + a_pass, updates.size()); ++j) {
      batch.push_back({updates[j].span(), 600});
    }
    accumulator.Add(batch);
  }
}

void Compare(const char* name, std::size_t parameters, std::size_t count, int repetitions) {
  std::vector<FloatBuffer> updates;
  for (std::size_t k = 0; k < count; ++k) {
    updates.emplace_back(parameters);
    for (std::size_t i = 0; i < parameters; ++i) {
      updates.back()[i] = static_cast<float>((i * 2654435761U + k) & 0xffff) * 1e-6F - 0.03F;
    }
  }
  Sums accumulator({.scale_bits = 32, .max_abs = 1, .max_total_weight = 1 << 30}, parameters);
  const auto fresh = [&](std::size_t a_pass) {
    return [&, a_pass] {
      accumulator.Reset();
      Fold(accumulator, updates, a_pass);
    };
  };
  const auto times = bench::Interleave({{"read", [&] { ReadOnly(updates); }},
                                        {"read again", [&] { ReadOnly(updates); }},
                                        {"fold 4 per pass", fresh(4)},
                                        {"fold 1 per pass", fresh(1)}},
                                       repetitions);
  const double bytes = static_cast<double>(parameters * count * sizeof(float));
  std::printf("fold %-22s read %5.1f GB/s   A/A %s   4 per pass %s   1 per pass %s\n", name,
              bytes / Median(times[0]), bench::RatioText(times[0], times[1]).c_str(),
              bench::RatioText(times[0], times[2]).c_str(),
              bench::RatioText(times[0], times[3]).c_str());
}

}  // namespace
}  // namespace fedround::fold

int main() {
  fedround::fold::Compare("2NN, 200 x 0.8 MB", 199'210, 200, 15);
  fedround::fold::Compare("20M, 8 x 80 MB", 20'000'000, 8, 7);
}
