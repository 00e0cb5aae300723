// A whole run folder in which every number is consistent, made without running anything: `verify`
// must accept it, and tests damage it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/hash.h"
#include "common/base/io/file.h"
#include "common/base/rng.h"
#include "common/base/status_macros.h"
#include "common/config/experiment.h"
#include "common/ledger/modelled_time.h"
#include "common/ledger/run_folder.h"
#include "common/ledger/store/run_recorder.h"
#include "common/nn/safetensors.h"
#include "common/round/cohort.h"

namespace fedround::analysis {

// An empty folder of the running test's own.
inline std::string TestFolder() {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  std::string name = absl::StrCat(test->test_suite_name(), ".", test->name());
  std::replace(name.begin(), name.end(), '/', '_');
  const std::string folder =
      absl::StrCat(::testing::TempDir(), "/fedround_analysis_", getpid(), "/", name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

struct SyntheticOptions {
  std::uint32_t rounds = 4;
  std::uint32_t clients = 3;
  std::uint32_t cohort = 0;
  double dropout = 0;
  bool federated = true;   // an evaluate step before each train step
  bool sockets = true;     // false: as the in-process driver leaves it
  bool finish = true;      // false: as a killed coordinator leaves it
  bool health = true;      // ledger.health
  bool uneven = false;     // one upload of four takes a hundred times as long as the others
  std::uint64_t seed = 1;  // of its durations
};

// Clients have clocks of their own, two connections each (the second one from round 3), and share
// one host's control connection. No two durations are alike.
class SyntheticRun {
 public:
  SyntheticRun(std::string folder, const SyntheticOptions& options)
      : folder_(std::move(folder)),
        options_(options),
        rng_(options.seed, RngPurpose::kSyntheticData) {}

  void Write() {
    WriteConfiguration();
    recorder_ = ledger::RunRecorder::Create(folder_).value();
    for (ClientId client = 0; client < options_.clients; ++client) {
      client_end_[client] = now_ - Offset(client);
      recorder_->Add(ledger::ClientRecord{
          .client = client, .host = "box", .pid = 100, .examples = 60 + client, .joined_ns = now_});
    }
    now_ += Some(5'000'000);
    AddTestScore(0, 2.3, 0.1);
    for (round_ = 1; round_ <= options_.rounds; ++round_) WriteRound();
    if (options_.finish) Finish();
  }

 private:
  static constexpr std::uint64_t kParameters = 15;
  static constexpr std::uint64_t kPayload = 4 * kParameters;

  // About `nanos`, never twice the same.
  Nanos Some(Nanos nanos) { return nanos + rng_.Below(static_cast<std::uint32_t>(nanos / 8 + 1)); }
  static Nanos Offset(ClientId client) { return 7'000'000'000 * static_cast<Nanos>(client + 1); }

  std::string Toml() const {
    return absl::StrFormat(
        "[run]\nrounds = %d\nseed = 5\nname = \"synthetic\"\n"
        "[federation]\nclients = %d\ncohort = %d\ndropout = %g\n"
        "[evaluation]\nfederated = %s\n[launch]\ndriver = \"%s\"\n",
        options_.rounds, options_.clients, options_.cohort, options_.dropout,
        options_.federated ? "true" : "false", options_.sockets ? "grpc" : "in_process");
  }

  void WriteConfiguration() {
    const Experiment experiment = ParseExperimentToml(Toml(), "synthetic.toml", {}).value();
    ASSERT_TRUE(
        WriteFileAtomically(folder_ + "/config.toml", ExperimentToToml(experiment, false)).ok());
    ledger::Manifest manifest;
    manifest.command = {"fedround", "run", "synthetic.toml"};
    manifest.version = "0.1.0";
    manifest.build = "release";
    manifest.start_time = "2026-01-31T12:34:56Z";
    manifest.host = "box";
    manifest.cpu_model = "A CPU";
    manifest.cores = 2;
    manifest.simd = "avx2";
    manifest.seed = 5;
    manifest.experiment_hash = Sha256Hex(SerializeExperiment(experiment));
    manifest.parameters = kParameters;
    manifest.tensors = tensors_;
    ASSERT_TRUE(ledger::WriteManifest(folder_, manifest).ok());
  }

  std::vector<float> Parameters() const {
    std::vector<float> parameters(kParameters);
    for (std::size_t i = 0; i < kParameters; ++i) parameters[i] = 0.5F * static_cast<float>(i);
    return parameters;
  }

  ModelId ModelAfter(std::uint32_t round) const {
    if (round < options_.rounds) return 0xabcd000000000000 + round;
    return Xxh3(std::as_bytes(std::span<const float>(Parameters())));
  }

  // Of two layers; the first has more zeros from round to round.
  void AddTestScore(std::uint32_t round, double loss, double accuracy) {
    ledger::EvaluationRecord score{
        round, ledger::ExamplesOf::kTest, 1000, loss, accuracy, now_, 4'000'000, 4'000'000};
    if (options_.health) {
      score.health = {{"activation1", "zeros", 0.5 + 0.01 * round},
                      {"activation1", "dead", 0},
                      {"activation2", "zeros", 0.25},
                      {"activation2", "dead", 0.125}};
    }
    recorder_->Add(std::move(score));
  }

  // ---- a round ----

  void WriteRound() {
    record_ = {};
    record_.round = round_;
    traffic_.clear();
    const std::uint64_t size = options_.cohort == 0 ? options_.clients : options_.cohort;
    record_.cohort = DrawCohort(5, round_, options_.clients, size);
    for (const ClientId client : record_.cohort) {
      if (DropsOut(5, round_, client, options_.dropout)) record_.dropped.push_back(client);
    }
    record_.start_ns = now_;
    Spend(ledger::RoundPhase::kSelect, 300'000);
    if (options_.federated) WriteStep(TaskKind::kEvaluate);
    WriteStep(TaskKind::kTrain);
    Spend(ledger::RoundPhase::kWaitEvaluation, 150'000);
    Spend(ledger::RoundPhase::kCommit, 400'000);
    for (Nanos& cpu : record_.phase_cpu_ns) cpu = Some(100'000);
    record_.record_ns = Some(50'000);
    record_.probe_ns = Some(20'000);
    record_.involuntary_switches = round_;
    record_.model_before = ModelAfter(round_ - 1);
    record_.model_after = ModelAfter(round_);
    SumFolded();
    SumTraffic();
    ASSERT_TRUE(recorder_->CommitRound(record_).ok());
    AddTestScore(round_, 2.0 / round_, 1 - 0.5 / round_);
  }

  void Spend(ledger::RoundPhase phase, Nanos about) {
    record_.phase(phase) = Some(about);
    now_ += record_.phase(phase);
  }

  void WriteStep(TaskKind task) {
    ledger::StepRow step{.round = round_,
                         .step = static_cast<std::uint32_t>(record_.steps.size()),
                         .task = task,
                         .start_ns = now_};
    step.broadcast_ns = Some(200'000);
    Nanos settled = now_ + step.broadcast_ns;
    fold_free_ = 0;
    std::uint64_t examples = 0;
    for (const ClientId client : record_.cohort) {
      if (std::ranges::binary_search(record_.dropped, client)) continue;
      const ledger::AnswerRow answer = WriteAnswer(step, client);
      settled = std::max({settled, answer.accepted_ns, answer.folded_ns});
      examples += answer.weight;
      (task == TaskKind::kTrain ? record_.folded : record_.evaluated).push_back(answer);
    }
    step.collect_ns = settled + Some(60'000) - step.start_ns - step.broadcast_ns;
    now_ = step.start_ns + step.broadcast_ns + step.collect_ns;
    record_.phase(ledger::RoundPhase::kBroadcast) += step.broadcast_ns;
    record_.phase(ledger::RoundPhase::kCollect) += step.collect_ns;
    record_.steps.push_back(step);
    if (task == TaskKind::kEvaluate) {
      recorder_->Add(ledger::EvaluationRecord{round_ - 1, ledger::ExamplesOf::kClients, examples,
                                              2.1, 0.2, 0, 0, 0});
    }
  }

  ledger::AnswerRow WriteAnswer(const ledger::StepRow& step, ClientId client) {
    ++ask_;
    ledger::AnswerRow answer{.round = round_,
                             .client = client,
                             .step = step.step,
                             .task = step.task,
                             .weight = 60 + client,
                             .sent_ns = step.start_ns + Some(50'000),
                             .ask = ask_};
    const Nanos transfer = Transfer();
    TaskCost cost = Work(step, client, answer.sent_ns + Some(80'000) - Offset(client), transfer);
    const Nanos upload = cost.end_ns - cost.phase(ClientPhase::kUpload) + Offset(client);
    answer.received_ns = upload + Some(transfer);
    answer.accepted_ns = answer.received_ns + Some(30'000);
    if (step.task == TaskKind::kTrain) {
      answer.metrics = {{"train_loss", 1.0 / static_cast<double>(round_ + client)}};
      if (options_.health) {
        answer.health = {{"activation1", "dead", 0.01 * static_cast<double>(round_ + client)},
                         {"activation2", "dead", 0.5}};
      }
      answer.fold_start_ns = std::max(fold_free_, answer.accepted_ns + Some(10'000));
      answer.folded_ns = answer.fold_start_ns + Some(120'000);
      fold_free_ = answer.folded_ns;
      record_.fold_ns += answer.folded_ns - answer.fold_start_ns;
    }
    CountBytes(cost, step.task);
    recorder_->Add(ledger::TaskRow{cost, round_, step.step, step.task, ledger::DeviceTime(cost),
                                   Offset(client), 40'000});
    return answer;
  }

  Nanos Transfer() {
    if (!options_.uneven) return 1'000'000;
    return rng_.Below(4) == 0 ? 20'000'000 : 200'000;
  }

  // The client's side: its instruction comes at `arrival`, its own clock, perhaps before the answer
  // to its previous task.
  TaskCost Work(const ledger::StepRow& step, ClientId client, Nanos arrival, Nanos transfer) {
    TaskCost cost{.ask = ask_, .client = client};
    cost.start_ns = client_end_[client];
    arrival = std::max(arrival, cost.start_ns);
    const Nanos slot = 1'000'000 * static_cast<Nanos>(client);
    const Nanos phases[kClientPhases] = {
        arrival - cost.start_ns, Some(20'000), Some(900'000), Some(70'000),          slot,
        Some(20'000'000),        Some(90'000), Some(30'000),  Some(transfer * 8 / 5)};
    cost.end_ns = cost.start_ns;
    for (int i = 0; i < kClientPhases; ++i) {
      cost.phase_ns[i] = phases[i];
      cost.phase_cpu_ns[i] = i == 0 || i == 4 ? 0 : phases[i] * 9 / 10;
      cost.end_ns += phases[i];
    }
    if (step.task == TaskKind::kTrain) {
      Nanos rest = cost.phase(ClientPhase::kTrain);
      for (int i = 0; i + 1 < kStepPhases; ++i) {
        cost.step_ns[i] = rest / 4;
        rest -= cost.step_ns[i];
      }
      cost.step_ns[kStepPhases - 1] = rest;
      cost.steps = 6;
      cost.sampled_steps = 3;
    }
    client_end_[client] = cost.end_ns;
    return cost;
  }

  // ---- bytes ----

  std::uint64_t ConnectionOf(ClientId client) const {
    return 2 + 2 * client + (round_ >= 3 ? 1 : 0);
  }

  void CountBytes(TaskCost& cost, TaskKind task) {
    cost.payload_bytes_down = kPayload;
    cost.payload_bytes_up = task == TaskKind::kTrain ? kPayload : 0;
    ledger::TrafficRecord& own = traffic_[ConnectionOf(cost.client)];
    own.calls += options_.sockets ? 3 : 2;
    own.payload_bytes_down += cost.payload_bytes_down;
    own.payload_bytes_up += cost.payload_bytes_up;
    if (!options_.sockets) return;
    cost.message_bytes_down = cost.payload_bytes_down + 12;
    cost.message_bytes_up = cost.payload_bytes_up + 45;
    own.message_bytes_down += cost.message_bytes_down + 2;
    own.message_bytes_up += cost.message_bytes_up + 190;  // with the report
    own.wire_bytes_down += cost.message_bytes_down + 2 + 301 + cost.client;
    own.wire_bytes_up += cost.message_bytes_up + 190 + 402 + cost.client;
    ledger::TrafficRecord& control = traffic_[1];
    control.message_bytes_down += 40;
    control.wire_bytes_down += 54;
    control.wire_bytes_up += 17;
  }

  void SumTraffic() {
    if (options_.sockets && round_ == 2) traffic_[2].retransmitted_bytes_down = 1448;
    for (auto& [connection, row] : traffic_) {
      row.round = round_;
      row.connection = connection;
      record_.payload_bytes_down += row.payload_bytes_down;
      record_.payload_bytes_up += row.payload_bytes_up;
      record_.message_bytes_down += row.message_bytes_down;
      record_.message_bytes_up += row.message_bytes_up;
      record_.wire_bytes_down += row.wire_bytes_down;
      record_.wire_bytes_up += row.wire_bytes_up;
      record_.retransmitted_bytes_down += row.retransmitted_bytes_down;
      AddTraffic(row);
    }
  }

  void AddTraffic(const ledger::TrafficRecord& row) {
    recorder_->Add(row);
    ledger::ConnectionRecord& connection = connections_[row.connection];
    connection.connection = row.connection;
    if (row.connection > 1) connection.client = (row.connection - 2) / 2;
    connection.peer = absl::StrCat("127.0.0.1:", 40000 + row.connection);
    connection.calls += row.calls;
    connection.wire_bytes_down += row.wire_bytes_down;
    connection.wire_bytes_up += row.wire_bytes_up;
    connection.retransmitted_bytes_down += row.retransmitted_bytes_down;
  }

  void SumFolded() {
    double loss = 0;
    for (const ledger::AnswerRow& answer : record_.folded) {
      record_.total_weight += answer.weight;
      loss += static_cast<double>(answer.weight) * answer.metrics.at("train_loss");
    }
    if (record_.total_weight > 0) {
      record_.train_loss = loss / static_cast<double>(record_.total_weight);
    }
  }

  void Finish() {
    if (options_.sockets) {
      AddTraffic({.round = 0,
                  .connection = 1,
                  .calls = 1,
                  .message_bytes_down = 900,
                  .message_bytes_up = 30,
                  .wire_bytes_down = 1100,
                  .wire_bytes_up = 250});
      AddTraffic(
          {.round = round_, .connection = 1, .message_bytes_down = 30, .wire_bytes_down = 60});
    }
    for (const auto& [id, connection] : connections_) recorder_->Add(connection);
    ASSERT_TRUE(recorder_->Finish({RunOutcome::kDone, "", 0}).ok());
    const std::string model = folder_ + "/model.safetensors";
    ASSERT_TRUE(nn::WriteSafetensors(model, tensors_, Parameters()).ok());
    ASSERT_TRUE(ledger::WriteRunStatus(folder_, {RunOutcome::kDone, "", 0, options_.rounds,
                                                 Sha256Hex(ReadFile(model).value())})
                    .ok());
  }

  const std::string folder_;
  const SyntheticOptions options_;
  // Not in the order of their names, which is that of the file.
  const std::vector<TensorSpec> tensors_ = {{"layer.weight", {3, 4}}, {"layer.bias", {3}}};
  Rng rng_;
  std::unique_ptr<ledger::RunRecorder> recorder_;
  Nanos now_ = 1'000'000'000'000;
  std::uint32_t round_ = 0;
  AskId ask_ = 0;
  ledger::RoundRecord record_;
  Nanos fold_free_ = 0;
  std::map<ClientId, Nanos> client_end_;
  std::map<std::uint64_t, ledger::TrafficRecord> traffic_;  // of this round
  std::map<std::uint64_t, ledger::ConnectionRecord> connections_;
};

inline std::string WriteSyntheticRun(const SyntheticOptions& options = {}) {
  std::string folder = TestFolder();
  SyntheticRun(folder, options).Write();
  return folder;
}

}  // namespace fedround::analysis
