// Time is a gapless chain: nothing can hide between two phases.
#include <numeric>

#include "common/base/status_macros.h"
#include "common/ledger/modelled_time.h"
#include "experiments/analysis/verify/checks.h"
#include "experiments/analysis/verify/finding.h"

namespace fedround::analysis {
namespace {

using ledger::RoundPhase;
using ledger::RoundRow;
using ledger::StepRow;
using ledger::TaskRow;

template <typename Row, std::size_t N>
absl::Status NotNegative(const Row& row, absl::string_view unit, const Nanos (&phases)[N],
                         const absl::string_view (&names)[N]) {
  for (std::size_t i = 0; i < N; ++i) {
    if (phases[i] < 0) {
      return Finding(NameOf(row), absl::StrCat(names[i], unit, " is ", phases[i], ", less than 0"));
    }
  }
  return absl::OkStatus();
}

template <std::size_t N>
Nanos Sum(const Nanos (&phases)[N]) {
  return std::accumulate(phases, phases + N, Nanos{0});
}

absl::Status CheckSteps(const RoundRow& round, std::span<const StepRow> steps) {
  Nanos start = round.start_ns + round.phase(RoundPhase::kIdle) + round.phase(RoundPhase::kSelect);
  Nanos broadcast = 0;
  Nanos collect = 0;
  for (std::uint32_t i = 0; i < steps.size(); ++i) {
    const StepRow& step = steps[i];
    RETURN_IF_ERROR(
        NotNegative(step, "_ns", {step.broadcast_ns, step.collect_ns}, {"broadcast", "collect"}));
    RETURN_IF_ERROR(Equal(step, "step", step.step, "its place in the round", i));
    RETURN_IF_ERROR(Equal(step, "start_ns", step.start_ns,
                          i == 0 ? "the round's start_ns + idle_ns + select_ns"
                                 : "the end of the previous step (start, broadcast, collect)",
                          start));
    broadcast += step.broadcast_ns;
    collect += step.collect_ns;
    start = StepEnd(step);
  }
  RETURN_IF_ERROR(Equal(round, "broadcast_ns", round.phase(RoundPhase::kBroadcast),
                        "the sum over its steps", broadcast));
  return Equal(round, "collect_ns", round.phase(RoundPhase::kCollect), "the sum over its steps",
               collect);
}

absl::Status CheckTask(const TaskRow& task) {
  RETURN_IF_ERROR(NotNegative(task, "_ns", task.phase_ns, kClientPhaseNames));
  RETURN_IF_ERROR(NotNegative(task, "_ns", task.step_ns, kStepPhaseNames));
  RETURN_IF_ERROR(Equal(task, "end_ns", task.end_ns, "start_ns and all its phases",
                        task.start_ns + Sum(task.phase_ns)));
  const bool sampled = task.sampled_steps > 0;
  RETURN_IF_ERROR(Equal(task, "the sum of the times inside train", Sum(task.step_ns),
                        sampled ? "train_ns" : "the sum without sampled steps",
                        sampled ? task.phase(ClientPhase::kTrain) : Nanos{0}));
  RETURN_IF_ERROR(AtMost(task, "sampled_steps", static_cast<std::int64_t>(task.sampled_steps),
                         "steps", static_cast<std::int64_t>(task.steps)));
  return Equal(task, "device_ns", task.device_ns,
               "download, decode, train, encode and upload together", ledger::DeviceTime(task));
}

// No row names a round that does not exist. Tasks may name a round that the run did not finish.
absl::Status CheckRoundOfRows(const Run& run, const RoundRows& rows) {
  const auto check = [&rows](const auto& table, std::uint32_t first, std::uint32_t last) {
    if (table.empty() || (rows.number >= first && rows.number <= last)) return absl::OkStatus();
    return Finding(NameOf(table.front()),
                   absl::StrCat("the ledger has rounds ", first, " .. ", last));
  };
  const std::uint32_t last = run.rounds;
  RETURN_IF_ERROR(check(rows.steps, 1, last));
  RETURN_IF_ERROR(check(rows.answers, 1, last));
  RETURN_IF_ERROR(check(rows.metrics, 1, last));
  RETURN_IF_ERROR(check(rows.health, 0, last));
  RETURN_IF_ERROR(check(rows.tasks, 1, run.done() ? last : last + 1));
  RETURN_IF_ERROR(check(rows.evaluations, 0, last));
  // In a run that ended in the middle of a round: the traffic of that round, and what came after
  // it.
  return check(rows.traffic, 0, run.done() ? last + 1 : last + 2);
}

}  // namespace

absl::Status ChainCheck::CheckRound(const RoundRow& round) {
  RETURN_IF_ERROR(Equal(round, "round", round.round, "its place in the chain", ++rounds_));
  RETURN_IF_ERROR(NotNegative(round, "_ns", round.phase_ns, ledger::kRoundPhaseNames));
  if (rounds_ > 1) {
    RETURN_IF_ERROR(Equal(round, "start_ns", round.start_ns,
                          "the end of the previous round (its start_ns and all its phases)",
                          end_ns_));
  }
  end_ns_ = round.start_ns + Sum(round.phase_ns);
  return absl::OkStatus();
}

// Whether the client's chain may start afresh after `before`: it has failed or joined again since.
bool ChainCheck::MayHaveGap(ClientId client, const Last& before) const {
  if (run_.failed.contains(client)) return true;
  const auto at = std::ranges::lower_bound(run_.clients, client, {}, &ledger::ClientRecord::client);
  return at != run_.clients.end() && at->client == client && before.clock_offset_ns.has_value() &&
         at->joined_ns > before.end_ns + *before.clock_offset_ns;
}

// A client's tasks in the order of rounds and steps.
absl::Status ChainCheck::CheckClients(std::span<const TaskRow> tasks) {
  for (const TaskRow& task : tasks) {
    const auto [before, first] = last_.try_emplace(task.client);
    if (!first && MayHaveGap(task.client, before->second)) {
      RETURN_IF_ERROR(AtMost(task, "the end of its client's previous task", before->second.end_ns,
                             "start_ns", task.start_ns));
    } else if (!first) {
      RETURN_IF_ERROR(Equal(task, "start_ns", task.start_ns,
                            "the end of its client's previous task", before->second.end_ns));
    }
    before->second = {task.end_ns, task.clock_offset_ns};
  }
  return absl::OkStatus();
}

absl::Status ChainCheck::Add(const RoundRows& rows) {
  if (rows.round != nullptr) RETURN_IF_ERROR(CheckRound(*rows.round));
  RETURN_IF_ERROR(CheckRoundOfRows(run_, rows));
  if (rows.round != nullptr) RETURN_IF_ERROR(CheckSteps(*rows.round, rows.steps));
  for (const TaskRow& task : rows.tasks) RETURN_IF_ERROR(CheckTask(task));
  return CheckClients(rows.tasks);
}

}  // namespace fedround::analysis
