#include "common/round/cohort.h"

#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "common/base/check.h"
#include "common/base/rng.h"

namespace fedround {
namespace {

std::vector<ClientId> DrawDistinct(Rng rng, std::uint64_t clients, std::uint64_t count) {
  CHECK(count <= clients);
  if (count == clients) {
    std::vector<ClientId> all(clients);
    std::iota(all.begin(), all.end(), ClientId{0});
    return all;
  }
  std::unordered_set<ClientId> drawn;
  for (std::uint64_t last = clients - count; last < clients; ++last) {
    const ClientId candidate = rng.Below(static_cast<std::uint32_t>(last + 1));
    if (!drawn.insert(candidate).second) drawn.insert(last);
  }
  std::vector<ClientId> sorted(drawn.begin(), drawn.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace

std::vector<ClientId> DrawCohort(std::uint64_t seed, std::uint32_t round, std::uint64_t clients,
                                 std::uint64_t count) {
  return DrawDistinct(Rng(seed, RngPurpose::kCohort, round), clients, count);
}

std::vector<ClientId> DrawAdversaries(std::uint64_t seed, std::uint64_t clients,
                                      std::uint64_t count) {
  return DrawDistinct(Rng(seed, RngPurpose::kAdversaries), clients, count);
}

bool DropsOut(std::uint64_t seed, std::uint32_t round, ClientId client, double probability) {
  if (probability <= 0) return false;
  Rng rng(seed, RngPurpose::kDropout, round, static_cast<std::uint32_t>(client));
  return rng.NextDouble() < probability;
}

}  // namespace fedround
