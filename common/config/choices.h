// The values of those enumerated keys that belong to no module below. experiment.proto says what
// each value means.
#pragma once

#include <array>

#include "absl/strings/string_view.h"

namespace fedround {

// data.clients
enum class NaturalClients { kAll, kFirst };
constexpr std::array<const char*, 2> NamesOf(NaturalClients) { return {"all", "first"}; }

// training.timing
enum class Timing { kSplit, kFused };
constexpr std::array<const char*, 2> NamesOf(Timing) { return {"split", "fused"}; }

// federation.weighting
enum class Weighting { kExamples, kUniform };
constexpr std::array<const char*, 2> NamesOf(Weighting) { return {"examples", "uniform"}; }

// federation.on_too_few
enum class OnTooFew { kStop, kAbandon };
constexpr std::array<const char*, 2> NamesOf(OnTooFew) { return {"stop", "abandon"}; }

// federation.client_state
enum class ClientStateIn { kMemory, kDisk };
constexpr std::array<const char*, 2> NamesOf(ClientStateIn) { return {"memory", "disk"}; }

// evaluation.when
enum class EvaluateWhen { kBeside, kAfter };
constexpr std::array<const char*, 2> NamesOf(EvaluateWhen) { return {"beside", "after"}; }

// launch.driver
enum class Driver { kGrpc, kInProcess };
constexpr std::array<const char*, 2> NamesOf(Driver) { return {"grpc", "in_process"}; }

// What stands in launch.client_command for the path of endpoint.json and for ids of clients.
inline constexpr absl::string_view kEndpointPlaceholder = "{endpoint}";
inline constexpr absl::string_view kClientsPlaceholder = "{clients}";

// launch.slots_scope
enum class SlotsScope { kMachine, kRun };
constexpr std::array<const char*, 2> NamesOf(SlotsScope) { return {"machine", "run"}; }

}  // namespace fedround
