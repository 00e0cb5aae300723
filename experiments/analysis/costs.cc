#include "experiments/analysis/costs.h"

#include <algorithm>
#include <utility>

#include "common/ledger/modelled_time.h"
#include "experiments/analysis/statistics.h"

namespace fedround::analysis {
namespace {

using ledger::RoundRow;
using ledger::TaskRow;
using ledger::TrafficRecord;

constexpr double kSlowProbe = 1.5;  // times the median

// The longest device time of the round's folded clients.
Nanos SlowestDevice(const Run& run, std::uint32_t round) {
  Nanos slowest = 0;
  for (const TaskRow& task : OfRound(run.ledger.tasks, round)) {
    if (task.task != TaskKind::kTrain) continue;
    if (Find(run.ledger.answers, round, task.client, task.attempt) == nullptr) continue;
    slowest = std::max(slowest, task.device_ns);
  }
  return slowest;
}

void MeasureRounds(const Run& run, RunCosts& costs) {
  for (const RoundRow& round : run.ledger.rounds) {
    costs.wall_s.push_back(Seconds(ledger::WallTime(round)));
    costs.modelled_s.push_back(
        Seconds(ledger::ModelledTime(round, SlowestDevice(run, round.round))));
    costs.fold_s += Seconds(round.fold_ns);
    const CriticalPath path = FindCriticalPath(run, round);
    costs.closed_otherwise += path.closed_otherwise;
    for (int i = 0; i < kPathParts; ++i) {
      costs.path_s[i] += Seconds(path.part_ns[i]) / static_cast<double>(run.ledger.rounds.size());
    }
  }
  for (const ledger::EvaluationRecord& evaluation : run.ledger.evaluations) {
    costs.evaluate_s += Seconds(evaluation.wall_ns);
  }
}

// One phase of some tasks; `time` and `cpu` take it from a task. The share is left open.
template <typename Time, typename Cpu>
PhaseCost Measure(absl::string_view name, const std::vector<const TaskRow*>& tasks,
                  const Time& time, const Cpu& cpu) {
  std::map<ClientId, std::pair<double, double>> clients;  // sum, tasks
  PhaseCost cost{.name = name};
  for (const TaskRow* task : tasks) {
    auto& [sum, count] = clients[task->client];
    sum += Seconds(time(*task));
    ++count;
    cost.cpu_s += Seconds(cpu(*task));
  }
  std::vector<double> means;
  for (const auto& [client, sum] : clients) {
    means.push_back(sum.first / sum.second);
    if (means.back() <= cost.slowest_s) continue;
    cost.slowest_s = means.back();
    cost.slowest = client;
  }
  cost.median_s = Median(means);
  cost.p95_s = Quantile(std::move(means), 0.95);
  return cost;
}

// Each phase's share of all phases' time, from the tasks' own sums.
template <std::size_t N>
void SetShares(std::vector<PhaseCost>& phases, const double (&sums)[N]) {
  double total = 0;
  for (const double sum : sums) total += sum;
  for (std::size_t i = 0; i < N && total > 0; ++i) phases[i].share = sums[i] / total;
}

void MeasurePhases(const std::vector<const TaskRow*>& tasks, RunCosts& costs) {
  double sums[kClientPhases] = {};
  for (int i = 0; i < kClientPhases; ++i) {
    for (const TaskRow* task : tasks) sums[i] += Seconds(task->phase_ns[i]);
    costs.phases.push_back(Measure(
        kClientPhaseNames[i], tasks, [i](const TaskRow& task) { return task.phase_ns[i]; },
        [i](const TaskRow& task) { return task.phase_cpu_ns[i]; }));
  }
  SetShares(costs.phases, sums);
}

void MeasureInside(const std::vector<const TaskRow*>& tasks, RunCosts& costs) {
  double sums[kStepPhases] = {};
  for (int i = 0; i < kStepPhases; ++i) {
    for (const TaskRow* task : tasks) sums[i] += Seconds(task->step_ns[i]);
    costs.inside.push_back(Measure(
        kStepPhaseNames[i], tasks, [i](const TaskRow& task) { return task.step_ns[i]; },
        [](const TaskRow&) { return Nanos{0}; }));
  }
  SetShares(costs.inside, sums);
  costs.activation_share =
      costs.inside[static_cast<std::size_t>(StepPhase::kForwardActivations)].share +
      costs.inside[static_cast<std::size_t>(StepPhase::kBackwardActivations)].share;
}

void MeasureTasks(const Run& run, RunCosts& costs) {
  std::vector<const TaskRow*> train;
  std::vector<const TaskRow*> sampled;
  for (const TaskRow& task : run.ledger.tasks) {
    if (task.task != TaskKind::kTrain) continue;
    train.push_back(&task);
    if (task.sampled_steps > 0) sampled.push_back(&task);
  }
  costs.train_tasks = train.size();
  if (!train.empty()) MeasurePhases(train, costs);
  if (!sampled.empty()) MeasureInside(sampled, costs);
}

// HTTP/2 is split in two: that of connections that moved a tensor this way in the round, and that
// of the others (instructions, keepalive, acknowledgements).
void MeasureBytes(const Run& run, RunCosts& costs) {
  ByteCost payload{"payload"}, messages{"protobuf"}, http2{"http2"}, control{"http2 control"};
  bool sockets = false;
  for (const RoundRow& round : run.ledger.rounds) {
    payload.down += round.payload_bytes_down;
    payload.up += round.payload_bytes_up;
    messages.down += round.message_bytes_down;
    messages.up += round.message_bytes_up;
    costs.retransmitted += round.retransmitted_bytes_down;
    for (const TrafficRecord& row : OfRound(run.ledger.traffic, round.round)) {
      if (row.wire_bytes_down + row.wire_bytes_up == 0) continue;
      sockets = true;
      (row.payload_bytes_down > 0 ? http2 : control).down +=
          row.wire_bytes_down - row.message_bytes_down;
      (row.payload_bytes_up > 0 ? http2 : control).up += row.wire_bytes_up - row.message_bytes_up;
    }
  }
  // Tensors are a part of messages where there are messages.
  messages.down -= std::min(messages.down, payload.down);
  messages.up -= std::min(messages.up, payload.up);
  costs.bytes = {payload, messages};
  if (sockets) costs.bytes.insert(costs.bytes.end(), {http2, control});
}

Disturbance MeasureDisturbance(const std::vector<RoundRow>& rounds) {
  std::vector<double> probes;
  for (const RoundRow& round : rounds) probes.push_back(Seconds(round.probe_ns));
  const double slow = kSlowProbe * Median(std::move(probes));
  Disturbance sum;
  for (const RoundRow& round : rounds) {
    sum.switches += round.involuntary_switches;
    if (round.involuntary_switches > 0) ++sum.rounds_with_switches;
    sum.steal_s += Seconds(round.steal_ns);
    if (round.steal_ns > 0) ++sum.rounds_with_steal;
    if (Seconds(round.probe_ns) > slow) ++sum.rounds_with_slow_probe;
  }
  return sum;
}

}  // namespace

RunCosts MeasureCosts(const Run& run) {
  RunCosts costs;
  MeasureRounds(run, costs);
  MeasureTasks(run, costs);
  MeasureBytes(run, costs);
  costs.disturbance = MeasureDisturbance(run.ledger.rounds);
  for (const ledger::FailureRecord& failure : run.ledger.failures) ++costs.failures[failure.what];
  return costs;
}

}  // namespace fedround::analysis
