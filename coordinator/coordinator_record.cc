// What the coordinator records about a run, and reports about it.
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/log.h"
#include "common/base/measure/resource_usage.h"
#include "common/base/named_enum.h"
#include "common/base/status_macros.h"
#include "common/ledger/run_folder.h"
#include "common/nn/safetensors.h"
#include "coordinator/coordinator_impl.h"

namespace fedround::coordinator {
namespace {

// How many rounds late a report may come, on a machine that is busy with other things.
constexpr std::uint32_t kCostRounds = 16;

// A wait for other runs' compute slots that people should know about, and how often to look for it.
constexpr Nanos kLongSlotWait = 2 * kNanosPerSecond;
constexpr Nanos kLookAtSlots = kNanosPerSecond / 2;
constexpr Nanos kShortSlotWait = 100 * kNanosPerMilli;

}  // namespace

// ---- rounds ----

ledger::RoundRecord Coordinator::Impl::MakeRecord(const Commit& action, std::uint64_t total_weight,
                                                  ModelId before, ModelId after) {
  RecordTraffic();
  if (action.round > kCostRounds) RecordUnreported(action.round - kCostRounds);
  ledger::RoundRecord record = book.TakeRecord(action, total_weight, before, after);
  const FoldQueue::Cost fold = folds.TakeCost();
  record.fold_ns = fold.wall_ns;
  record.fold_cpu_ns = fold.cpu_ns;
  const Disturbance now = disturbances.Read();
  const Disturbance disturbance = Difference(std::exchange(disturbed, now), now);
  record.involuntary_switches = disturbance.involuntary_switches;
  record.steal_ns = disturbance.steal_ns;
  return record;
}

void Coordinator::Impl::Notify(std::string message) {
  LogInfo(message);
  Emit(ledger::event::Notice{std::move(message)});
}

void Coordinator::Impl::RecordTraffic() {
  const std::vector<ledger::TrafficRecord> traffic = gateway->TakeTraffic(traffic_round);
  if (traffic_round > 0) book.AddTraffic(traffic);
  ++traffic_round;
  for (const ledger::TrafficRecord& row : traffic) recorder->Add(row);
}

// Answered tasks of earlier rounds whose reports will not be waited for any longer.
void Coordinator::Impl::RecordUnreported(std::uint32_t before_round) {
  for (ledger::FailureRecord& failure : tasks.Forget(before_round, MonotonicNow())) {
    recorder->Add(std::move(failure));
  }
}

// ---- scores, failures, costs ----

void Coordinator::Impl::OnEvaluated(std::uint32_t round,
                                    const std::vector<ledger::EvaluationRecord>& scores) {
  ShowRound();
  ledger::event::Evaluated event;
  event.round = round;
  for (const ledger::EvaluationRecord& score : scores) {
    if (score.examples_of == ledger::ExamplesOf::kTest) {
      event.accuracy = score.accuracy;
      event.loss = score.loss;
    } else {
      event.validation_accuracy = score.accuracy;
      event.validation_loss = score.loss;
    }
    event.evaluate_s += Seconds(score.wall_ns);
    recorder->Add(score);
  }
  Emit(event);
  Step(Evaluated{round});
}

void Coordinator::Impl::ShowRound() {
  if (unshown.has_value()) Emit(book.TakeEvent(*unshown));
  unshown.reset();
}

void Coordinator::Impl::WatchSlots() {
  const SlotShortage shortage = slots.shortage();
  if (shortage.waited >= kLongSlotWait) {
    return Notify(absl::StrFormat("waited %.1f s so far for a compute slot held by %s",
                                  Seconds(shortage.waited), shortage.held_by));
  }
  loop.PostAt(MonotonicNow() + kLookAtSlots, [this] { WatchSlots(); });
}

// It is reported but does not extend the deadline: otherwise waiting would pay.
std::string Coordinator::Impl::SlotWaitOfStep() const {
  const SlotShortage shortage = slots.shortage();
  const Nanos waited = shortage.waited - slot_wait_before_step;
  if (waited < kShortSlotWait) return "";
  return absl::StrFormat("; waited %.1f s for a compute slot held by %s", Seconds(waited),
                         shortage.held_by);
}

void Coordinator::Impl::Do(const ReportFailure& action) {
  const std::string why =
      absl::StrCat(action.message, action.what == FailureKind::kLate ? SlotWaitOfStep() : "");
  const std::string message = absl::StrCat("client ", action.client, ": ", why);
  LogError(absl::StrCat("round ", engine.round(), ": ", NameOf(action.what), ": ", message));
  recorder->Add(
      ledger::FailureRecord{engine.round(), action.client, action.what, why, MonotonicNow()});
  Emit(ledger::event::Failure{engine.round(), action.client, action.what, why});
}

// What clients get beside the model, by name: without it the last model's hash would be that of
// nothing in the folder.
absl::Status Coordinator::Impl::WriteDown(const Model& model) const {
  if (needs.down.empty()) return absl::OkStatus();
  std::vector<TensorSpec> specs;
  for (const std::string& name : needs.down) {
    specs.push_back({name, {static_cast<std::int64_t>(trained.size())}});
  }
  return nn::WriteSafetensors(
      absl::StrCat(options.folder, "/", ledger::kDownFile), specs,
      std::as_const(model.parameters).span().subspan(ParameterCount(workload->layout().tensors)));
}

absl::Status Coordinator::Impl::WriteModel() {
  const std::shared_ptr<const Model> model = models.current();
  const std::vector<TensorSpec>& tensors = workload->layout().tensors;
  ASSIGN_OR_RETURN(model_sha256, nn::SafetensorsSha256(tensors, Parameters(*model)));
  if (options.folder.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(WriteDown(*model));
  return nn::WriteSafetensors(options.folder + "/model.safetensors", tensors, Parameters(*model));
}

// The first failure is the cause: a disk that is full for a round is also full at the end.
void Coordinator::Impl::Fail(std::string message) {
  if (verdict->outcome == RunOutcome::kFailed) return;
  verdict = {RunOutcome::kFailed, std::move(message), exit_code::kRunFailed};
}

void Coordinator::Impl::FinishRecord() {
  ShowRound();
  gateway->Close();
  RecordTraffic();
  RecordUnreported(rounds_done + 1);
  for (ledger::ConnectionRecord& connection : gateway->Connections()) {
    recorder->Add(std::move(connection));
  }
  if (absl::Status status = WriteModel(); !status.ok()) Fail(std::string(status.message()));
  if (absl::Status status = recorder->Finish(*verdict); !status.ok()) {
    Fail(absl::StrCat("ledger: ", status.message()));
  }
  const ResourceUsage usage = ReadResourceUsage();
  Emit(ledger::event::Finished{.verdict = *verdict,
                               .rounds_done = rounds_done,
                               .model_sha256 = model_sha256,
                               .cpu_s = Seconds(usage.cpu_ns),
                               .peak_rss_bytes = usage.peak_rss_bytes});
}

void Coordinator::Impl::OnCost(const TaskCost& cost, Nanos now) {
  if (!cost.failure.empty()) {
    Step(Refused{cost.ask, absl::StrCat("it gave up the task: ", cost.failure)});
  }
  std::optional<ledger::TaskRow> task = tasks.Take(cost, now);
  if (!task.has_value()) return;
  if (cost.retries > 0) {
    recorder->Add(ledger::FailureRecord{
        task->round, cost.client, FailureKind::kRetried,
        absl::StrCat("failed tries before the last one: ", cost.retries), now});
  }
  if (task->clock_offset_ns.has_value()) {
    book.AddCost(*task);
  } else {
    // The reported times cannot be right: the ledger keeps them, but nothing is computed from them.
    recorder->Add(ledger::FailureRecord{task->round, cost.client, FailureKind::kClock,
                                        "the stamps of its messages contradict each other", now});
  }
  recorder->Add(*std::move(task));
  ShowRoundIfReported();
}

}  // namespace fedround::coordinator
