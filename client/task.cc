#include "client/task.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/divergence.h"
#include "common/base/log.h"
#include "common/base/measure/resource_usage.h"
#include "common/base/status_macros.h"

namespace fedround::client {
namespace {

constexpr Nanos kFirstBackoff = 20 * kNanosPerMilli;
constexpr Nanos kLastBackoff = kNanosPerSecond;
// For failures that may be the network's fault or not.
constexpr int kTries = 3;

// What the coordinator and people are told. Divergence is not a fault of the program: its message
// needs no status code.
std::string FailureText(const absl::Status& status) {
  if (status.ok()) return "";
  return absl::IsOutOfRange(status) ? std::string(status.message()) : status.ToString();
}

}  // namespace

void Workbench::Prepare() {
  if (trainer_.has_value()) return;
  const std::size_t parameters = host_.network().parameter_count();
  const algorithm::Needs& needs = host_.algorithm().needs;
  trainer_.emplace(host_.network(), host_.experiment().run.seed, &host_.stopped(),
                   host_.experiment().ledger.enabled);
  fetched_ = FloatBuffer(parameters + needs.down.size() * host_.trained().size());
  trained_ = FloatBuffer(parameters);
  drift_ = FloatBuffer(host_.algorithm().half->drifts() ? parameters : 0);
  up_ = FloatBuffer(needs.up.size() * host_.trained().size());
}

std::span<const float> Workbench::down(std::size_t vector) const {
  const std::size_t size = host_.trained().size();
  return fetched_.span().subspan(trained_.size() + vector * size, size);
}

std::span<float> Workbench::up(std::size_t vector) {
  const std::size_t size = host_.trained().size();
  return up_.span().subspan(vector * size, size);
}

void Workbench::Clear() {
  trainer_.reset();
  fetched_ = {};
  trained_ = {};
  drift_ = {};
  up_ = {};
  payload_ = {};
}

Task::Task(Host& host, Workbench& bench, const Asked& asked)
    : host_(host), bench_(bench), instruction_(asked.instruction), chain_(ThreadCpuNow) {
  cost_.ask = instruction_.id;
  cost_.client = instruction_.client;
  chain_.Start(host_.ChainEnd(instruction_.client));
  // It may have arrived while the previous answer was still being sent.
  chain_.End(ClientPhase::kWaitInstruction, std::max(asked.arrived_ns, chain_.last()));
  End(ClientPhase::kQueue);
}

bool Task::Run() {
  int tries = 0;
  int damaged = 0;  // those among them that ended with a model whose hash was wrong
  absl::Status status;
  for (Nanos backoff = kFirstBackoff;; backoff = std::min(2 * backoff, kLastBackoff)) {
    status = Try();
    if (status.ok() || host_.stopped()) break;
    if (tries == 0) {
      LogError(absl::StrCat("client ", instruction_.client, " round ", instruction_.round, ": ",
                            status.ToString()));
    }
    ++tries;
    // While the coordinator is unreachable there is nobody to report to, and an upload that lost
    // its credit is wanted all the same: just retry.
    if (absl::IsUnavailable(status) || absl::IsAborted(status)) {
      if (!host_.Sleep(backoff)) break;
      continue;
    }
    if (!absl::IsDataLoss(status) || ++damaged >= kTries) break;
  }
  if (!status.ok() && host_.stopped()) return false;
  cost_.failure = FailureText(status);
  cost_.retries = static_cast<std::uint32_t>(tries - (status.ok() ? 0 : 1));
  Report();
  return status.ok();
}

absl::Status Task::Try() {
  if (!header_.has_value()) RETURN_IF_ERROR(Prepare());
  header_->sent_ns = host_.now();
  return Upload();
}

absl::Status Task::Prepare() {
  if (instruction_.task != TaskKind::kTrain && instruction_.task != TaskKind::kEvaluate) {
    return absl::UnimplementedError("this client only trains and evaluates");
  }
  ASSIGN_OR_RETURN(state_, host_.states().Of(instruction_.client));
  const bool remembers = instruction_.task == TaskKind::kTrain && host_.remembers();
  if (remembers) RETURN_IF_ERROR(state_->Settle(instruction_.counted));
  RETURN_IF_ERROR(Download());
  ASSIGN_OR_RETURN(const data::Examples* const shard, host_.Shard(instruction_.client));
  End(ClientPhase::kDecode);
  UpdateHeader header = host_.HeaderFor(instruction_);
  header.weight = shard->size();
  {
    ASSIGN_OR_RETURN(const ComputeSlots::Slot slot, host_.slots().Take(host_.stopped()));
    End(ClientPhase::kWaitSlot);
    Compute(*shard, header);
    if (host_.stopped()) return absl::CancelledError("told to leave while training");
    Examine(*shard, header);
    RETURN_IF_ERROR(Encode(*shard, header));
    if (remembers) RETURN_IF_ERROR(host_.states().Keep(instruction_.client));
    End(ClientPhase::kEncode);
  }
  header_ = std::move(header);
  return absl::OkStatus();
}

absl::Status Task::Download() {
  const absl::StatusOr<TransferCost> moved =
      host_.link().FetchModel(instruction_, bench_.fetched());
  End(ClientPhase::kDownload);
  RETURN_IF_ERROR(moved.status());
  cost_.payload_bytes_down += moved->payload_bytes;
  cost_.message_bytes_down += moved->message_bytes_down;
  cost_.message_bytes_up += moved->message_bytes_up;
  return absl::OkStatus();
}

void Task::Compute(const data::Examples& shard, UpdateHeader& header) {
  const Nanos before = chain_.wall(ClientPhase::kTrain);
  const std::uint64_t switches = ThreadInvoluntarySwitches();
  if (instruction_.task == TaskKind::kEvaluate) {
    header.metrics = bench_.trainer().Evaluate(shard, bench_.model());
    End(ClientPhase::kTrain);
  } else {
    std::copy_n(bench_.model().begin(), bench_.model().size(), bench_.trained().begin());
    BeginTraining();
    Trained result = bench_.trainer().Train(shard, instruction_.client, instruction_.plan,
                                            instruction_.round, bench_.trained(), bench_.drift());
    header.metrics = std::move(result.metrics);
    steps_ = result.steps;
    End(ClientPhase::kTrain);
    AddProfile(result.profile, chain_.wall(ClientPhase::kTrain) - before);
  }
  cost_.involuntary_switches += ThreadInvoluntarySwitches() - switches;
}

algorithm::LocalTask Task::Local() {
  algorithm::LocalTask task{.ask = instruction_.id,
                            .client = instruction_.client,
                            .plan = instruction_.plan,
                            .down = {},
                            .state = *state_};
  for (std::size_t i = 0; i < host_.algorithm().needs.down.size(); ++i) {
    task.down.push_back(bench_.down(i));
  }
  return task;
}

void Task::BeginTraining() {
  const std::span<float> drift = bench_.drift();
  if (drift.size() == host_.trained().size() || drift.empty()) {
    return host_.algorithm().half->Begin(Local(), drift);
  }
  FloatBuffer packed(host_.trained().size());
  host_.algorithm().half->Begin(Local(), packed.span());
  std::ranges::fill(drift, 0.0F);
  host_.trained().Unpack(std::as_const(packed).span(), drift);
}

void Task::EndTraining(std::span<float> update, UpdateHeader& header) {
  const algorithm::Needs& needs = host_.algorithm().needs;
  algorithm::LocalAnswer answer{.steps = steps_, .update = update, .up = {}, .scalars = {}};
  for (std::size_t i = 0; i < needs.up.size(); ++i) answer.up.push_back(bench_.up(i));
  answer.scalars.resize(needs.scalars.size());
  host_.algorithm().half->End(Local(), answer);
  for (std::size_t i = 0; i < needs.scalars.size(); ++i) {
    header.scalars[needs.scalars[i].name] = answer.scalars[i];
  }
}

void Task::Examine(const data::Examples& shard, UpdateHeader& header) {
  if (instruction_.task != TaskKind::kTrain || !host_.experiment().ledger.health) return;
  header.health = bench_.trainer().Health(shard, instruction_.client, instruction_.plan,
                                          instruction_.round, bench_.model(), bench_.trained());
}

// The part of the phase that `profile` does not cover is the copying of the model.
void Task::AddProfile(const TrainingProfile& profile, Nanos train_ns) {
  cost_.steps += profile.steps;
  cost_.sampled_steps += profile.sampled_steps;
  if (profile.sampled_steps == 0) return;
  Nanos rest = train_ns;
  for (int i = 0; i < kStepPhases; ++i) {
    cost_.step_ns[i] += profile.step_ns[i];
    rest -= profile.step_ns[i];
  }
  cost_.step_ns[static_cast<int>(StepPhase::kLoad)] += rest;
}

absl::Status Task::Encode(const data::Examples& shard, UpdateHeader& header) {
  std::span<float> update;
  if (instruction_.task == TaskKind::kTrain) {
    const std::span<const float> model = bench_.model();
    const std::span<float> difference = bench_.trained();
    for (std::size_t i = 0; i < model.size(); ++i) difference[i] -= model[i];
    update = host_.trained().Pack(difference);
  }
  RETURN_IF_ERROR(
      CheckConverging(host_.experiment(), shard, host_.network().inputs(), header.metrics, update));
  if (instruction_.task != TaskKind::kTrain) return absl::OkStatus();
  EndTraining(update, header);
  std::vector<ExtraVector> extra;
  for (std::size_t i = 0; i < host_.algorithm().needs.up.size(); ++i) {
    extra.push_back({host_.algorithm().needs.up[i].name, bench_.up(i)});
  }
  ASSIGN_OR_RETURN(payload_,
                   host_.pipeline().Encode(update, extra, bench_.payload(), *state_, header));
  return absl::OkStatus();
}

absl::Status Task::Upload() {
  const absl::StatusOr<TransferCost> moved =
      host_.link().Submit(*header_, payload_, [this] { End(ClientPhase::kWaitCredit); });
  End(ClientPhase::kUpload);
  // The update had arrived; only the answer to the previous try was lost.
  if (may_have_arrived_ && absl::IsAlreadyExists(moved.status())) return absl::OkStatus();
  may_have_arrived_ = may_have_arrived_ || absl::IsUnavailable(moved.status());
  RETURN_IF_ERROR(moved.status());
  cost_.payload_bytes_up += moved->payload_bytes;
  cost_.message_bytes_down += moved->message_bytes_down;
  cost_.message_bytes_up += moved->message_bytes_up;
  return absl::OkStatus();
}

void Task::Report() {
  if (!host_.experiment().ledger.enabled && cost_.failure.empty()) return;
  cost_.start_ns = chain_.start();
  cost_.end_ns = chain_.last();
  chain_.CopyTo(cost_.phase_ns, cost_.phase_cpu_ns);
  host_.SetChainEnd(cost_.client, cost_.end_ns);
  cost_.sent_ns = host_.now();
  host_.link().ReportCost(cost_);
}

}  // namespace fedround::client
