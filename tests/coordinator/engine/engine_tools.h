// Shared by the tests of the round engine.
#pragma once

#include <variant>
#include <vector>

#include "coordinator/engine/round_engine.h"

namespace fedround::coordinator {

inline EngineOptions Options(std::uint64_t clients, std::uint32_t rounds) {
  return {.seed = 1,
          .rounds = rounds,
          .clients = clients,
          .cohort = clients,
          .steps = {{.task = TaskKind::kTrain, .min = 1, .deadline = 100}},
          .join_deadline = 50,
          .max_weight = 1000};
}

// The actions of one kind, in order.
template <typename T>
std::vector<T> Of(const EngineActions& actions) {
  std::vector<T> found;
  for (const EngineAction& action : actions) {
    if (const T* match = std::get_if<T>(&action)) found.push_back(*match);
  }
  return found;
}

}  // namespace fedround::coordinator
