#include "experiments/analysis/costs.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "common/base/measure/quantile.h"
#include "common/base/status_macros.h"
#include "common/ledger/modelled_time.h"

namespace fedround::analysis {
namespace {

using ledger::RoundRow;
using ledger::TaskRow;
using ledger::TrafficRecord;

constexpr double kSlowProbe = 1.5;  // times the median

// The longest device time among the round's folded clients.
Nanos SlowestDevice(const RoundRows& rows) {
  Nanos slowest = 0;
  for (const TaskRow& task : rows.tasks) {
    if (task.task != TaskKind::kTrain) continue;
    if (Find(rows.answers, task.client, task.step) == nullptr) continue;
    slowest = std::max(slowest, task.device_ns);
  }
  return slowest;
}

// The times of N phases over some tasks.
template <std::size_t N>
class PhaseSums {
 public:
  void Add(ClientId client, const Nanos (&times)[N]) {
    Client& sums = clients_[client];
    ++sums.tasks;
    for (std::size_t i = 0; i < N; ++i) {
      sums.seconds[i] += Seconds(times[i]);
      seconds_[i] += Seconds(times[i]);
    }
  }
  void AddCpu(const Nanos (&times)[N]) {
    for (std::size_t i = 0; i < N; ++i) cpu_s_[i] += Seconds(times[i]);
  }

  // Empty if nothing was added.
  std::vector<PhaseCost> Measure(const absl::string_view (&names)[N]) const {
    std::vector<PhaseCost> phases;
    for (std::size_t i = 0; i < N && !clients_.empty(); ++i) phases.push_back(Phase(names[i], i));
    return phases;
  }

 private:
  struct Client {
    double seconds[N] = {};
    double tasks = 0;
  };

  PhaseCost Phase(absl::string_view name, std::size_t i) const {
    PhaseCost cost{.name = name, .cpu_s = cpu_s_[i]};
    std::vector<double> means;
    for (const auto& [client, sums] : clients_) {
      means.push_back(sums.seconds[i] / sums.tasks);
      if (means.back() <= cost.slowest_s) continue;
      cost.slowest_s = means.back();
      cost.slowest = client;
    }
    cost.median_s = Median(means);
    cost.p95_s = Quantile(std::move(means), 0.95);
    const double total = std::accumulate(seconds_, seconds_ + N, 0.0);
    if (total > 0) cost.share = seconds_[i] / total;
    return cost;
  }

  std::map<ClientId, Client> clients_;
  double seconds_[N] = {};
  double cpu_s_[N] = {};
};

// Everything that is summed up over rounds.
class Meter {
 public:
  explicit Meter(const Run& run) : rounds_(run.rounds) {}
  void Add(const RoundRows& rows);
  RunCosts Finish() &&;

 private:
  void AddRound(const RoundRows& rows);
  void AddBytes(const RoundRows& rows);
  void AddHealth(const RoundRows& rows);

  const std::uint32_t rounds_;
  RunCosts costs_;
  PhaseSums<kClientPhases> phases_;
  PhaseSums<kStepPhases> inside_;
  std::vector<double> probes_s_;  // one per round
  ByteCost payload_{"payload"}, messages_{"protobuf"}, http2_{"http2"}, control_{"http2 control"};
  bool sockets_ = false;
};

void Meter::Add(const RoundRows& rows) {
  if (rows.round != nullptr) AddRound(rows);
  for (const TaskRow& task : rows.tasks) {
    if (task.task != TaskKind::kTrain) continue;
    ++costs_.train_tasks;
    phases_.Add(task.client, task.phase_ns);
    phases_.AddCpu(task.phase_cpu_ns);
    if (task.sampled_steps > 0) inside_.Add(task.client, task.step_ns);
  }
  for (const ledger::EvaluationRecord& evaluation : rows.evaluations) {
    costs_.evaluate_s += Seconds(evaluation.wall_ns);
    const bool by_clients = evaluation.examples_of == ledger::ExamplesOf::kClients;
    const bool only_clients =
        !costs_.score.has_value() || costs_.score->examples_of == ledger::ExamplesOf::kClients;
    if (evaluation.examples_of == ledger::ExamplesOf::kTest || (by_clients && only_clients)) {
      costs_.score = evaluation;
    }
  }
  for (const ledger::FailureRecord& failure : rows.failures) ++costs_.failures[failure.what];
  AddHealth(rows);
}

void Meter::AddRound(const RoundRows& rows) {
  const RoundRow& round = *rows.round;
  costs_.wall_s.push_back(Seconds(ledger::WallTime(round)));
  costs_.modelled_s.push_back(Seconds(ledger::ModelledTime(round, SlowestDevice(rows))));
  costs_.fold_s += Seconds(round.fold_ns);
  const CriticalPath path = FindCriticalPath(rows);
  costs_.closed_otherwise += path.closed_otherwise;
  for (int i = 0; i < kPathParts; ++i) {
    costs_.path_s[i] += Seconds(path.part_ns[i]) / static_cast<double>(rounds_);
  }
  Disturbance& seen = costs_.disturbance;
  seen.switches += round.involuntary_switches;
  if (round.involuntary_switches > 0) ++seen.rounds_with_switches;
  seen.steal_s += Seconds(round.steal_ns);
  if (round.steal_ns > 0) ++seen.rounds_with_steal;
  probes_s_.push_back(Seconds(round.probe_ns));
  AddBytes(rows);
}

// The overhead of HTTP/2 is split in two: that of connections that moved a tensor in this direction
// in the round, and that of the others (instructions, keepalive, acknowledgements).
void Meter::AddBytes(const RoundRows& rows) {
  payload_.down += rows.round->payload_bytes_down;
  payload_.up += rows.round->payload_bytes_up;
  messages_.down += rows.round->message_bytes_down;
  messages_.up += rows.round->message_bytes_up;
  costs_.retransmitted += rows.round->retransmitted_bytes_down;
  for (const TrafficRecord& row : rows.traffic) {
    if (row.wire_bytes_down + row.wire_bytes_up == 0) continue;
    sockets_ = true;
    (row.payload_bytes_down > 0 ? http2_ : control_).down +=
        row.wire_bytes_down - row.message_bytes_down;
    (row.payload_bytes_up > 0 ? http2_ : control_).up += row.wire_bytes_up - row.message_bytes_up;
  }
}

void Meter::AddHealth(const RoundRows& rows) {
  std::vector<ledger::HealthRow> test;
  std::vector<ledger::HealthRow> shards;
  for (const ledger::HealthRow& row : rows.health) {
    (row.client.has_value() ? shards : test).push_back(row);
  }
  HealthEnds& ends = costs_.health;
  if (ends.first_test.empty()) ends.first_test = test;
  if (!test.empty()) ends.last_test = std::move(test);
  if (ends.first_shards.empty()) ends.first_shards = shards;
  if (!shards.empty()) ends.last_shards = std::move(shards);
}

RunCosts Meter::Finish() && {
  costs_.phases = phases_.Measure(kClientPhaseNames);
  costs_.inside = inside_.Measure(kStepPhaseNames);
  if (!costs_.inside.empty()) {
    costs_.activation_share =
        costs_.inside[static_cast<std::size_t>(StepPhase::kForwardActivations)].share +
        costs_.inside[static_cast<std::size_t>(StepPhase::kBackwardActivations)].share;
  }
  // If there are messages, tensors are a part of them.
  messages_.down -= std::min(messages_.down, payload_.down);
  messages_.up -= std::min(messages_.up, payload_.up);
  costs_.bytes = {payload_, messages_};
  if (sockets_) costs_.bytes.insert(costs_.bytes.end(), {http2_, control_});
  const double slow = kSlowProbe * Median(probes_s_);
  costs_.disturbance.rounds_with_slow_probe = static_cast<std::uint64_t>(
      std::ranges::count_if(probes_s_, [slow](double probe) { return probe > slow; }));
  return std::move(costs_);
}

}  // namespace

absl::StatusOr<RunCosts> MeasureCosts(const Run& run) {
  Meter meter(run);
  RETURN_IF_ERROR(ForEachRound(run, [&meter](const RoundRows& rows) {
    meter.Add(rows);
    return absl::OkStatus();
  }));
  return std::move(meter).Finish();
}

}  // namespace fedround::analysis
