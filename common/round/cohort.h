// Who takes part in a round, and how: pure functions of (seed, round) over the enrolled ids, never
// of who happens to be connected.
#pragma once

#include <cstdint>
#include <vector>

#include "common/round/types.h"

namespace fedround {

// `count` distinct ids out of 0 .. clients-1, each set equally likely, ascending. count <= clients.
// O(count) time and memory (Floyd's sampling, Bentley and Floyd 1987), so a population of 10^6
// costs nothing; count == clients returns all.
std::vector<ClientId> DrawCohort(std::uint64_t seed, std::uint32_t round, std::uint64_t clients,
                                 std::uint64_t count);

// Which clients are adversaries in all rounds of a run: `count` distinct ids, drawn as a cohort is.
std::vector<ClientId> DrawAdversaries(std::uint64_t seed, std::uint64_t clients,
                                      std::uint64_t count);

// Whether this member is dropped from this round on purpose, which has chance `probability`.
bool DropsOut(std::uint64_t seed, std::uint32_t round, ClientId client, double probability);

}  // namespace fedround
