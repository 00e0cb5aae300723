// What a host receives after it has joined: Welcome first, then Instructions and Pings, all of them
// as JoinEvent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/round/types.h"

namespace fedround::wire {

inline constexpr std::uint64_t kMaxChunkBytes = 16'777'216;
inline constexpr std::size_t kMaxReason = 4096;

// Answered by a Pong with the same id.
struct Ping {
  std::uint64_t id = 0;
};

using JoinEvent = std::variant<Welcome, Instruction, Ping>;

// `welcome.experiment` must be an encoded v1.Experiment.
std::string SerializeWelcome(const Welcome& welcome);
std::string SerializeInstruction(const Instruction& instruction);
std::string SerializePing(const Ping& ping);

// Errors: FAILED_PRECONDITION for a Welcome of another protocol version; INVALID_ARGUMENT for bytes
// that are not a JoinEvent, an event or task of unknown kind, tensors that CheckTensors
// refuses, more than kMaxSections vectors in an update, chunks beyond kMaxChunkBytes,
// a plan that is not finite, a text beyond its limit.
absl::StatusOr<JoinEvent> ParseJoinEvent(absl::string_view bytes);

}  // namespace fedround::wire
