#include <cmath>

#include "common/base/check.h"
#include "common/wire/messages/join_event.h"
#include "common/wire/messages/update_header.h"
#include "tests/fuzz/support/fuzz_one.h"

namespace fedround::fuzz {
namespace {

using wire::JoinEvent;

void CheckEvent(const Welcome& welcome) {
  CHECK(welcome.chunk_bytes >= 1 && welcome.chunk_bytes <= wire::kMaxChunkBytes);
  const std::vector<TensorSpec>& tensors = welcome.model.tensors;
  CHECK(!tensors.empty() && tensors.size() <= kMaxTensors);
  CHECK(welcome.model.fates.size() == tensors.size());
  for (const TensorSpec& tensor : tensors) {
    CHECK(!tensor.name.empty() && tensor.name.size() <= kMaxTensorName);
    CHECK(tensor.shape.size() <= kMaxTensorRank);
    for (const std::int64_t extent : tensor.shape) CHECK(extent >= 1);
  }
  CHECK(ParameterCount(tensors) <= kMaxParameters);
  std::uint64_t elements = 0;
  for (const VectorLayout& vector : welcome.update.vectors) {
    CHECK(vector.name.size() <= wire::kMaxName && vector.codec.size() <= wire::kMaxName);
    elements += vector.elements;
  }
  CHECK(welcome.update.vectors.size() <= wire::kMaxSections && elements <= kMaxParameters);
}

void CheckEvent(const Instruction& instruction) {
  CHECK(instruction.task >= TaskKind::kTrain && instruction.task <= TaskKind::kLeave);
  CHECK(instruction.reason.size() <= wire::kMaxReason);
  CHECK(std::isfinite(instruction.plan.learning_rate) && std::isfinite(instruction.plan.momentum));
  CHECK(std::isfinite(instruction.plan.weight_decay));
  CHECK(std::isfinite(instruction.plan.proximal_mu));
}

void CheckEvent(const wire::Ping&) {}

std::string Serialized(const Welcome& welcome) { return wire::SerializeWelcome(welcome); }
std::string Serialized(const Instruction& to) { return wire::SerializeInstruction(to); }
std::string Serialized(const wire::Ping& ping) { return wire::SerializePing(ping); }

std::string Serialized(const JoinEvent& event) {
  return std::visit([](const auto& of) { return Serialized(of); }, event);
}

}  // namespace

// What a client accepts from its coordinator must be within every limit and be the same after it
// has been written and read again. With any bytes as its reason, an instruction must be readable.
void FuzzOne(std::span<const std::uint8_t> bytes) {
  Instruction leave{{.task = TaskKind::kLeave}};
  leave.reason = std::string(AsText(bytes));
  CHECK(wire::ParseJoinEvent(Serialized(JoinEvent(leave))).ok());
  const auto event = wire::ParseJoinEvent(AsText(bytes));
  if (!event.ok()) return;
  std::visit([](const auto& of) { CheckEvent(of); }, *event);
  const std::string message = Serialized(*event);
  const auto again = wire::ParseJoinEvent(message);
  CHECK(again.ok() && again->index() == event->index());
  CHECK(Serialized(*again) == message);
}

}  // namespace fedround::fuzz
