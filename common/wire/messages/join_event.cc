#include "common/wire/messages/join_event.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "common/wire/message.h"
#include "common/wire/messages/update_header.h"
#include "common/wire/text.h"
#include "fedround/v1/federation.pb.h"

namespace fedround::wire {
namespace {

static_assert(v1::Instruction::TRAIN == static_cast<int>(TaskKind::kTrain));
static_assert(v1::Instruction::EVALUATE == static_cast<int>(TaskKind::kEvaluate));
static_assert(v1::Instruction::LEAVE == static_cast<int>(TaskKind::kLeave));

absl::StatusOr<TaskKind> ParseTaskKind(int value) {
  if (!v1::Instruction::Task_IsValid(value) || value == v1::Instruction::TASK_UNSPECIFIED) {
    return absl::InvalidArgumentError(absl::StrCat("Instruction.task = ", value, ": no such task"));
  }
  return static_cast<TaskKind>(value);
}

absl::Status ParseTensors(const v1::Welcome& message, ModelLayout& layout) {
  for (const v1::Tensor& tensor : message.tensors()) {
    layout.tensors.push_back({tensor.name(), {tensor.shape().begin(), tensor.shape().end()}});
    layout.fates.push_back(tensor.frozen() ? Fate::kFrozen : Fate::kShared);
  }
  const absl::Status checked = CheckTensors(layout.tensors);
  return checked.ok() ? checked : Annotate("Welcome.tensors", checked);
}

absl::Status ParseScalars(const v1::Welcome& message, UpdateLayout& layout) {
  if (static_cast<std::size_t>(message.scalars_size()) > kMaxScalars) {
    return absl::InvalidArgumentError(absl::StrCat("Welcome.scalars: ", message.scalars_size(),
                                                   " scalars, at most ", kMaxScalars));
  }
  for (const v1::ScalarLayout& scalar : message.scalars()) {
    RETURN_IF_ERROR(CheckLength("Welcome.scalars.name", scalar.name(), kMaxName));
    layout.scalars.push_back({scalar.name(), scalar.max()});
  }
  return absl::OkStatus();
}

absl::Status ParseDown(const v1::Welcome& message, std::vector<std::string>& down) {
  if (static_cast<std::size_t>(message.down_size()) > kMaxSections) {
    return absl::InvalidArgumentError(
        absl::StrCat("Welcome.down: ", message.down_size(), " vectors, at most ", kMaxSections));
  }
  for (const std::string& name : message.down()) {
    RETURN_IF_ERROR(CheckLength("Welcome.down", name, kMaxName));
    down.push_back(name);
  }
  return absl::OkStatus();
}

absl::Status ParseLayout(const v1::Welcome& message, UpdateLayout& layout) {
  if (static_cast<std::size_t>(message.update_size()) > kMaxSections) {
    return absl::InvalidArgumentError(absl::StrCat("Welcome.update: ", message.update_size(),
                                                   " vectors, at most ", kMaxSections));
  }
  std::uint64_t room = kMaxParameters;
  for (const v1::VectorLayout& vector : message.update()) {
    RETURN_IF_ERROR(CheckLength("Welcome.update.name", vector.name(), kMaxName));
    RETURN_IF_ERROR(CheckLength("Welcome.update.codec", vector.codec(), kMaxName));
    if (vector.elements() > room) {
      return absl::InvalidArgumentError(absl::StrCat("Welcome.update \"", vector.name(),
                                                     "\": at most ", kMaxParameters,
                                                     " elements in total"));
    }
    room -= vector.elements();
    layout.vectors.push_back({vector.name(), vector.elements(), vector.codec()});
  }
  return absl::OkStatus();
}

absl::StatusOr<JoinEvent> ParseWelcome(const v1::Welcome& message) {
  if (message.protocol_version() != kProtocolVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("Welcome.protocol_version = ", message.protocol_version(),
                     ": this client speaks ", kProtocolVersion));
  }
  if (message.chunk_bytes() < 1 || message.chunk_bytes() > kMaxChunkBytes) {
    return absl::InvalidArgumentError(absl::StrCat("Welcome.chunk_bytes = ", message.chunk_bytes(),
                                                   ": must be 1 to ", kMaxChunkBytes));
  }
  Welcome welcome;
  RETURN_IF_ERROR(ParseTensors(message, welcome.model));
  RETURN_IF_ERROR(ParseLayout(message, welcome.update));
  RETURN_IF_ERROR(ParseScalars(message, welcome.update));
  RETURN_IF_ERROR(ParseDown(message, welcome.down));
  welcome.run_id = message.run_id();
  welcome.incarnation = message.incarnation();
  welcome.experiment = message.experiment().SerializeAsString();
  welcome.data_hash = message.data_hash();
  welcome.chunk_bytes = message.chunk_bytes();
  return welcome;
}

void FillPlan(const RoundPlan& plan, v1::Plan& message) {
  message.set_epochs(plan.epochs);
  message.set_batch_size(plan.batch_size);
  message.set_learning_rate(plan.learning_rate);
  message.set_momentum(plan.momentum);
  message.set_weight_decay(plan.weight_decay);
  message.set_proximal_mu(plan.proximal_mu);
}

absl::StatusOr<RoundPlan> ParsePlan(const v1::Plan& message) {
  if (!std::isfinite(message.learning_rate()) || !std::isfinite(message.momentum()) ||
      !std::isfinite(message.weight_decay()) || !std::isfinite(message.proximal_mu())) {
    return absl::InvalidArgumentError("Instruction.plan: every number must be finite");
  }
  return RoundPlan{message.epochs(),   message.batch_size(),   message.learning_rate(),
                   message.momentum(), message.weight_decay(), message.proximal_mu()};
}

absl::StatusOr<JoinEvent> ParseInstruction(const v1::Instruction& message) {
  RETURN_IF_ERROR(CheckLength("Instruction.reason", message.reason(), kMaxReason));
  Instruction instruction;
  ASSIGN_OR_RETURN(instruction.task, ParseTaskKind(message.task()));
  ASSIGN_OR_RETURN(instruction.plan, ParsePlan(message.plan()));
  instruction.id = message.ask();
  instruction.client = message.client();
  instruction.round = message.round();
  instruction.step = message.step();
  instruction.model_id = message.model_id();
  instruction.counted = message.counted();
  instruction.reason = message.reason();
  instruction.exit_code = message.exit_code();
  return instruction;
}

}  // namespace

std::string SerializeWelcome(const Welcome& welcome) {
  v1::JoinEvent event;
  v1::Welcome& message = *event.mutable_welcome();
  message.set_protocol_version(kProtocolVersion);
  message.set_run_id(welcome.run_id);
  message.set_incarnation(welcome.incarnation);
  CHECK(message.mutable_experiment()->ParseFromString(welcome.experiment));
  CHECK(welcome.model.tensors.size() == welcome.model.fates.size());
  for (std::size_t i = 0; i < welcome.model.tensors.size(); ++i) {
    const TensorSpec& spec = welcome.model.tensors[i];
    v1::Tensor& tensor = *message.add_tensors();
    tensor.set_name(spec.name);
    tensor.mutable_shape()->Add(spec.shape.begin(), spec.shape.end());
    tensor.set_frozen(welcome.model.fates[i] == Fate::kFrozen);
  }
  for (const ScalarLayout& scalar : welcome.update.scalars) {
    v1::ScalarLayout& added = *message.add_scalars();
    added.set_name(scalar.name);
    added.set_max(scalar.max);
  }
  for (const std::string& name : welcome.down) message.add_down(name);
  for (const VectorLayout& vector : welcome.update.vectors) {
    v1::VectorLayout& added = *message.add_update();
    added.set_name(vector.name);
    added.set_elements(vector.elements);
    added.set_codec(vector.codec);
  }
  message.set_data_hash(welcome.data_hash);
  message.set_chunk_bytes(welcome.chunk_bytes);
  return event.SerializeAsString();
}

std::string SerializeInstruction(const Instruction& instruction) {
  v1::JoinEvent event;
  v1::Instruction& message = *event.mutable_instruction();
  message.set_task(static_cast<v1::Instruction::Task>(instruction.task));
  message.set_ask(instruction.id);
  message.set_client(instruction.client);
  message.set_round(instruction.round);
  message.set_step(instruction.step);
  message.set_model_id(instruction.model_id);
  message.set_counted(instruction.counted);
  FillPlan(instruction.plan, *message.mutable_plan());
  message.set_reason(Utf8Text(instruction.reason, kMaxReason));
  message.set_exit_code(instruction.exit_code);
  return event.SerializeAsString();
}

std::string SerializePing(const Ping& ping) {
  v1::JoinEvent event;
  event.mutable_ping()->set_id(ping.id);
  return event.SerializeAsString();
}

absl::StatusOr<JoinEvent> ParseJoinEvent(absl::string_view bytes) {
  v1::JoinEvent event;
  RETURN_IF_ERROR(ParseMessage(bytes, "JoinEvent", event));
  if (event.has_welcome()) return ParseWelcome(event.welcome());
  if (event.has_instruction()) return ParseInstruction(event.instruction());
  if (event.has_ping()) return Ping{event.ping().id()};
  return absl::InvalidArgumentError("JoinEvent: neither welcome, instruction nor ping");
}

}  // namespace fedround::wire
