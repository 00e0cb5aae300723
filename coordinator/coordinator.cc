#include "coordinator/coordinator.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/algorithm/algorithm.h"
#include "common/base/compute_slot.h"
#include "common/base/disturbance.h"
#include "common/base/log.h"
#include "common/base/resource_usage.h"
#include "common/base/serial_worker.h"
#include "common/base/status_macros.h"
#include "common/config/specs.h"
#include "common/data/dataset.h"
#include "common/kernels/quantise.h"
#include "common/ledger/run_recorder.h"
#include "common/nn/network.h"
#include "common/nn/safetensors.h"
#include "coordinator/evaluator.h"
#include "coordinator/fold_queue.h"
#include "coordinator/loop.h"
#include "coordinator/model_store.h"
#include "coordinator/roster.h"
#include "coordinator/round_book.h"
#include "coordinator/round_engine.h"
#include "coordinator/run_setup.h"
#include "coordinator/task_book.h"

namespace fedround::coordinator {
namespace {

// After the last round: how long to wait for the cost reports that are still on their way, and how
// long once everybody has left.
constexpr Nanos kCostGrace = 5 * kNanosPerSecond;
constexpr Nanos kLeftGrace = kNanosPerSecond;
// A report may come so many rounds late, on a machine that is busy with other things.
constexpr std::uint32_t kCostRounds = 16;

}  // namespace

struct Coordinator::Impl {
  Impl(CoordinatorOptions options_in, nn::Network network_in, data::Dataset dataset_in,
       data::Deal deal_in, std::unique_ptr<algorithm::Algorithm> algorithm_in,
       std::unique_ptr<ledger::RunRecorder> recorder_in, std::shared_ptr<Model> initial_model,
       const ComputeSlots& slots)
      : options(std::move(options_in)),
        network(std::move(network_in)),
        dataset(std::move(dataset_in)),
        deal(std::move(deal_in)),
        algorithm(std::move(algorithm_in)),
        recorder(std::move(recorder_in)),
        evaluator(network, dataset, deal.validation, slots,
                  ToNanos(options.experiment.federation.deadline_s)),
        roster(options.experiment.federation.clients),
        intake(
            {.grid = MakeGrid(options.experiment),
             .parameter_count = network.parameter_count(),
             .buffer_bytes = options.experiment.limits.upload_buffer_bytes,
             .message_bytes = options.experiment.limits.chunk_bytes,
             .run_id = options.run_id,
             .incarnation = 0},
            [this](UploadHandle handle, const UpdateHeader& header, const UploadTimes& times) {
              loop.Post([this, handle, header, times] { OnUpdate(handle, header, times); });
            },
            [this](const UpdateHeader& header, const absl::Status& why) {
              // As text: a Status shared with the driver's thread would be a race to
              // ThreadSanitizer, for the packaged Abseil that counts its references is not
              // instrumented.
              loop.Post([this, header, why = std::string(why.message())] {
                Step(UpdateRefused{header.round, header.attempt, header.client, why});
              });
            }),
        engine(MakeEngineOptions(options.experiment, *algorithm, options.replay),
               models.Publish(std::move(initial_model))),
        folds(MakeGrid(options.experiment), network.parameter_count(), intake,
              [this](UploadHandle handle, const FoldTimes& times) {
                loop.Post([this, handle, times] { OnFolded(handle, times); });
              }) {}

  // ---- the loop ----

  ledger::Verdict Run();
  void Step(const EngineEvent& event) {
    step_start = MonotonicNow();
    Execute(engine.Step(event, step_start));
  }
  void AwaitReports();
  void Execute(const EngineActions& actions);
  void EndBroadcast();
  void OnUpdate(UploadHandle handle, const UpdateHeader& header, const UploadTimes& times);
  void OnFolded(UploadHandle handle, const FoldTimes& times);
  void OnCost(const TaskCost& cost, Nanos now);
  void OnEvaluated(std::uint32_t round, const std::vector<ledger::EvaluationRecord>& scores);

  void Do(const OpenCollect& action);
  void Do(const ExpectClient& action) { intake.Expect(action.client); }
  void Do(const CloseCollect&);
  void Do(const Send& action) {
    tasks.Sent(action.instruction, MonotonicNow());
    gateway->Send(action.instruction);
  }
  void Do(const BeginFold& action);
  void Do(const Refuse& action);
  void Do(const Commit& action);
  void Do(const Evaluate& action);
  void Do(const SetTimer& action) {
    loop.PostAt(action.at, [this, id = action.id] { Step(TimerFired{id}); });
  }
  void Do(const ReportFailure& action);
  void Do(const Finish& action) {
    verdict = ledger::Verdict{action.outcome, action.message, action.exit_code};
  }

  void StartRound(std::uint32_t round);
  void EndStep();
  ModelId ApplyMean(std::uint64_t total_weight);
  ledger::RoundRecord MakeRecord(const Commit& action, std::uint64_t total_weight, ModelId before,
                                 ModelId after);
  void RecordTraffic();
  void Fail(std::string message);
  void RecordUnreported(std::uint32_t before_round);
  void Emit(const ledger::RunEvent& event) {
    if (options.on_event) options.on_event(event);
  }
  void ShowRound();
  // Not while its evaluation is under way, which shows it at its end.
  void ShowRoundIfReported() {
    if (!evaluating && tasks.outstanding() == 0) ShowRound();
  }
  absl::Status WriteModel();
  void FinishRecord();

  // Set up once.
  const CoordinatorOptions options;
  const nn::Network network;
  const data::Dataset dataset;
  const data::Deal deal;
  const std::unique_ptr<algorithm::Algorithm> algorithm;
  const std::unique_ptr<ledger::RunRecorder> recorder;
  Evaluator evaluator;
  ClientGateway* gateway = nullptr;

  // Thread-safe, shared with drivers.
  Loop loop;
  ModelStore models;
  Roster roster;
  UploadIntake intake;

  // The loop's own.
  RoundEngine engine;
  RoundBook book;
  TaskBook tasks;
  const DisturbanceMeter disturbances;
  Disturbance disturbed;  // as read at the end of the round before
  struct Received {
    UpdateHeader header;
    UploadTimes times;
  };
  std::map<UploadHandle, Received> received;  // updates the engine has yet to decide on
  Nanos step_start = 0;
  bool broadcasting = false;  // a step was opened, its instructions are on their way
  std::uint64_t connected = 0;
  std::uint32_t rounds_done = 0;
  // Of the next traffic rows: 0 before round 1, and one more than the last recorded at the end.
  std::uint32_t traffic_round = 0;
  std::optional<ledger::RoundRecord> unshown;  // committed; its event waits for its evaluation
  bool evaluating = false;
  bool model_committed = true;  // false between a commit's first change of the model and its record
  std::optional<ledger::Verdict> verdict;
  std::string model_sha256;

  std::atomic<bool> over{false};  // the loop has ended; read by the evaluation under way

  // Last: their threads use the members above.
  FoldQueue folds;
  SerialWorker evaluations;
};

absl::StatusOr<std::unique_ptr<Coordinator>> Coordinator::Create(CoordinatorOptions options) {
  const Experiment& experiment = options.experiment;
  RETURN_IF_ERROR(fold::CheckGrid(MakeGrid(experiment)));
  ASSIGN_OR_RETURN(
      data::Dataset dataset,
      data::Dataset::Open(experiment.data.name, experiment.data.scale, experiment.run.seed));
  ASSIGN_OR_RETURN(data::Deal deal, data::DealExamples(dataset, DealSpecOf(experiment)));
  ASSIGN_OR_RETURN(nn::Network network, nn::Network::Create(NetworkSpecOf(experiment, dataset)));
  ASSIGN_OR_RETURN(auto algorithm, algorithm::MakeAlgorithm(experiment.federation.algorithm,
                                                            network.parameter_count()));
  auto model = std::make_shared<Model>();
  model->parameters = FloatBuffer(network.parameter_count());
  network.Initialise(experiment.run.seed, model->parameters.span());
  ASSIGN_OR_RETURN(auto recorder,
                   ledger::RunRecorder::Create(experiment.ledger.enabled ? options.folder : ""));
  ASSIGN_OR_RETURN(
      const ComputeSlots slots,
      ComputeSlots::Open(static_cast<int>(experiment.launch.slots), experiment.launch.pin));
  RETURN_IF_ERROR(CheckWeights(experiment, deal));
  RETURN_IF_ERROR(CheckReplay(experiment, options.replay));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(network), std::move(dataset),
                                     std::move(deal), std::move(algorithm), std::move(recorder),
                                     std::move(model), slots);
  return std::unique_ptr<Coordinator>(new Coordinator(std::move(impl)));
}

Coordinator::Coordinator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Coordinator::~Coordinator() = default;

// ---- the loop ----

ledger::Verdict Coordinator::Impl::Run() {
  ledger::RunEvent started;
  started.kind = ledger::RunEvent::Kind::kStarted;
  started.run_id = options.run_id;
  started.rounds = options.experiment.run.rounds;
  started.clients = options.experiment.federation.clients;
  started.parameters = network.parameter_count();
  Emit(started);

  Execute(engine.Start(MonotonicNow()));
  loop.Run([this] { return verdict.has_value(); });
  if (options.experiment.ledger.enabled) AwaitReports();
  over = true;
  intake.Shutdown();
  FinishRecord();
  return *verdict;
}

// Of a run that was stopped, too: its last round counts.
void Coordinator::Impl::AwaitReports() {
  const auto reported = [this] { return tasks.outstanding() == 0; };
  const Nanos grace = verdict->outcome == "done" ? kCostGrace : kLeftGrace;
  loop.Run([&] { return reported() || connected == 0; }, MonotonicNow() + grace);
  loop.Run(reported, MonotonicNow() + kLeftGrace);
}

void Coordinator::Impl::Execute(const EngineActions& actions) {
  for (const EngineAction& action : actions) {
    std::visit([this](const auto& a) { Do(a); }, action);
  }
  gateway->Flush();
  EndBroadcast();
}

void Coordinator::Impl::EndBroadcast() {
  if (broadcasting) book.Broadcast(MonotonicNow());
  broadcasting = false;
}

void Coordinator::Impl::OnUpdate(UploadHandle handle, const UpdateHeader& header,
                                 const UploadTimes& times) {
  received.emplace(handle, Received{header, times});
  Step(UpdateReceived{.handle = handle,
                      .task = header.task,
                      .round = header.round,
                      .attempt = header.attempt,
                      .client = header.client,
                      .weight = header.weight});
}

void Coordinator::Impl::OnFolded(UploadHandle handle, const FoldTimes& times) {
  book.Folded(handle, times);
  book.Closed(MonotonicNow());
  Step(FoldDone{handle});
}

// What passed since the round before ended is its first phase.
void Coordinator::Impl::StartRound(std::uint32_t round) {
  if (round == 1) {
    RecordTraffic();
    // Waiting for clients is no part of a round.
    book.Begin(step_start);
    disturbed = disturbances.Read();
  } else if (options.experiment.evaluation.when == "after") {
    book.Idle(step_start);
  }
  if (options.experiment.ledger.enabled) book.Probed(ProbeFloatingPoint());
  book.Selected(MonotonicNow());
}

// Another step follows.
void Coordinator::Impl::EndStep() {
  book.Collected();
  for (ledger::EvaluationRecord& score : book.ClientEvaluation(engine.round() - 1)) {
    ledger::RunEvent event;
    event.kind = ledger::RunEvent::Kind::kEvaluated;
    event.round = score.round;
    event.clients_accuracy = score.accuracy;
    event.clients_loss = score.loss;
    Emit(event);
    recorder->AddEvaluation(std::move(score));
  }
}

void Coordinator::Impl::Do(const OpenCollect& action) {
  if (action.attempt == 0) {
    StartRound(action.round);
  } else {
    EndStep();
  }
  book.OpenStep(action.attempt, action.task);
  broadcasting = true;
  intake.Open(action.round, action.attempt, action.task, action.model_id, action.expected);
}

void Coordinator::Impl::Do(const CloseCollect&) {
  EndBroadcast();  // of a step that nobody was asked in
  intake.Close();
  book.Closed(MonotonicNow());
}

void Coordinator::Impl::Do(const BeginFold& action) {
  const auto [header, times] = std::move(received.extract(action.handle).mapped());
  const Nanos now = MonotonicNow();
  intake.Accept(action.handle);
  if (header.task == TaskKind::kEvaluate) {
    book.AddEvaluated(tasks.Accepted(header, times, header.weight, now));
    intake.Release(action.handle);
    loop.Post([this, handle = action.handle] { OnFolded(handle, {}); });
    return;
  }
  const std::uint64_t weight =
      options.experiment.federation.weighting == "uniform" ? 1 : header.weight;
  book.AddFolding(action.handle, tasks.Accepted(header, times, weight, now));
  folds.Add(action.handle, weight);
}

void Coordinator::Impl::Do(const Refuse& action) {
  received.erase(action.handle);
  intake.Refuse(action.handle, absl::Status(action.code, action.why));
}

ModelId Coordinator::Impl::ApplyMean(std::uint64_t total_weight) {
  if (total_weight == 0) return models.current()->id;
  FloatBuffer mean = intake.BorrowBuffer();
  folds.accumulator().WriteMean(mean.span());
  folds.accumulator().Reset();
  std::shared_ptr<Model> model = models.TakeForUpdate();
  algorithm->Apply(model->parameters.span(), mean.span());
  intake.ReturnBuffer(std::move(mean));
  return models.Publish(std::move(model));
}

void Coordinator::Impl::Do(const Commit& action) {
  ShowRound();
  book.Collected();
  book.Evaluated(step_start);
  const ModelId before = models.current()->id;
  model_committed = false;
  const std::uint64_t total_weight = folds.accumulator().total_weight();
  const ModelId after = ApplyMean(total_weight);
  if (after != before) gateway->ModelWithdrawn(before);
  book.Committed(MonotonicNow());
  if (!kernels::AllWithin(models.current()->parameters.span(), std::numeric_limits<float>::max())) {
    loop.Post([this] {
      Step(RunFailed{absl::StrCat("round ", engine.round(),
                                  ": the model is no longer finite; lower training.learning_rate "
                                  "or the algorithm's")});
    });
    return;
  }
  const Nanos record_start = MonotonicNow();
  ledger::RoundRecord record = MakeRecord(action, total_weight, before, after);
  if (absl::Status status = recorder->CommitRound(record); !status.ok()) {
    loop.Post([this, status] {
      Step(RunFailed{
          absl::StrCat("round ", engine.round(), " could not be recorded: ", status.message())});
    });
    return;
  }
  book.Recorded(MonotonicNow() - record_start);
  model_committed = true;
  rounds_done = action.round;
  unshown = std::move(record);
  loop.Post([this, round = action.round, after] {
    evaluating = false;
    Step(Committed{round, after});
    ShowRoundIfReported();
  });
}

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

void Coordinator::Impl::RecordTraffic() {
  const std::vector<ledger::TrafficRecord> traffic = gateway->TakeTraffic(traffic_round);
  if (traffic_round > 0) book.AddTraffic(traffic);
  ++traffic_round;
  for (const ledger::TrafficRecord& row : traffic) recorder->AddTraffic(row);
}

// Answered tasks of earlier rounds whose reports will not be waited for any longer.
void Coordinator::Impl::RecordUnreported(std::uint32_t before_round) {
  for (ledger::FailureRecord& failure : tasks.Forget(before_round, MonotonicNow())) {
    recorder->AddFailure(std::move(failure));
  }
}

void Coordinator::Impl::Do(const Evaluate& action) {
  evaluating = true;
  evaluations.Run([this, round = action.round, model = models.current()]() mutable {
    auto scores = evaluator.Evaluate(model->parameters.span(), round, over);
    model.reset();  // before the loop hears of it, so that the next commit can change it in place
    loop.Post([this, round, scores = std::move(scores)] {
      if (scores.ok()) return OnEvaluated(round, *scores);
      Step(RunFailed{absl::StrCat("evaluation: ", scores.status().message()),
                     exit_code::Of(scores.status())});
    });
  });
}

void Coordinator::Impl::OnEvaluated(std::uint32_t round,
                                    const std::vector<ledger::EvaluationRecord>& scores) {
  ShowRound();
  ledger::RunEvent event;
  event.kind = ledger::RunEvent::Kind::kEvaluated;
  event.round = round;
  for (const ledger::EvaluationRecord& score : scores) {
    if (score.examples_of == "test") {
      event.accuracy = score.accuracy;
      event.loss = score.loss;
    } else {
      event.validation_accuracy = score.accuracy;
      event.validation_loss = score.loss;
    }
    event.evaluate_s += Seconds(score.wall_ns);
    recorder->AddEvaluation(score);
  }
  Emit(event);
  Step(Evaluated{round});
}

void Coordinator::Impl::ShowRound() {
  if (unshown.has_value()) Emit(book.TakeEvent(*unshown));
  unshown.reset();
}

void Coordinator::Impl::Do(const ReportFailure& action) {
  const std::string message = absl::StrCat("client ", action.client, ": ", action.message);
  LogError(absl::StrCat("round ", engine.round(), ": ", action.what, ": ", message));
  recorder->AddFailure(
      {engine.round(), action.client, action.what, action.message, MonotonicNow()});
  ledger::RunEvent event;
  event.kind = ledger::RunEvent::Kind::kFailure;
  event.round = engine.round();
  event.client = action.client;
  event.what = action.what;
  event.message = action.message;
  Emit(event);
}

absl::Status Coordinator::Impl::WriteModel() {
  const std::shared_ptr<const Model> model = models.current();
  ASSIGN_OR_RETURN(model_sha256,
                   nn::SafetensorsSha256(network.tensors(), model->parameters.span()));
  if (options.folder.empty()) return absl::OkStatus();
  return nn::WriteSafetensors(options.folder + "/model.safetensors", network.tensors(),
                              model->parameters.span());
}

// What failed first is the cause: a disk that is full for a round is so for the end, too.
void Coordinator::Impl::Fail(std::string message) {
  if (verdict->outcome == "failed") return;
  verdict = {"failed", std::move(message), exit_code::kRunFailed};
}

void Coordinator::Impl::FinishRecord() {
  ShowRound();
  gateway->Close();
  RecordTraffic();
  RecordUnreported(rounds_done + 1);
  for (ledger::ConnectionRecord& connection : gateway->Connections()) {
    recorder->AddConnection(std::move(connection));
  }
  // A round that failed while it was recorded has changed the model already: there is none to
  // write.
  if (model_committed) {
    if (absl::Status status = WriteModel(); !status.ok()) Fail(std::string(status.message()));
  }
  if (absl::Status status = recorder->Finish(*verdict); !status.ok()) {
    Fail(absl::StrCat("ledger: ", status.message()));
  }
  const ResourceUsage usage = ReadResourceUsage();
  ledger::RunEvent event;
  event.kind = ledger::RunEvent::Kind::kFinished;
  event.round = rounds_done;
  event.outcome = verdict->outcome;
  event.message = verdict->message;
  event.exit_code = verdict->exit_code;
  event.model_sha256 = model_sha256;
  event.cpu_s = Seconds(usage.cpu_ns);
  event.peak_rss_bytes = usage.peak_rss_bytes;
  Emit(event);
}

void Coordinator::Impl::OnCost(const TaskCost& cost, Nanos now) {
  if (!cost.failure.empty()) {
    Step(UpdateRefused{cost.round, cost.attempt, cost.client,
                       absl::StrCat("it gave the task up: ", cost.failure)});
  }
  std::optional<ledger::TaskRecord> task = tasks.Take(cost, now);
  if (!task.has_value()) return;
  if (cost.retries > 0) {
    recorder->AddFailure({cost.round, cost.client, "retried",
                          absl::StrCat("tries that ended badly before the last: ", cost.retries),
                          now});
  }
  if (!task->clock_offset_ns.has_value()) {
    recorder->AddFailure({cost.round, cost.client, "clock",
                          "the stamps of its messages contradict each other", now});
  }
  book.AddCost(cost);
  recorder->AddTask(*std::move(task));
  ShowRoundIfReported();
}

// ---- for drivers ----

ledger::Verdict Coordinator::Run(ClientGateway& gateway) {
  impl_->gateway = &gateway;
  return impl_->Run();
}

absl::StatusOr<Welcome> Coordinator::Admit(const JoinRequest& request) {
  RETURN_IF_ERROR(impl_->roster.Admit(request));
  impl_->loop.Post([this, request, now = MonotonicNow()] {
    for (const ClientId client : request.clients) {
      impl_->recorder->AddClient({.client = client,
                                  .host = request.host,
                                  .pid = request.pid,
                                  .examples = impl_->deal.shard(client).size(),
                                  .joined_ns = now});
    }
  });
  return Welcome{.run_id = impl_->options.run_id,
                 .incarnation = 0,
                 .experiment = SerializeExperiment(impl_->options.experiment),
                 .tensors = impl_->network.tensors(),
                 .data_hash = impl_->dataset.hash(),
                 .chunk_bytes = impl_->options.experiment.limits.chunk_bytes};
}

void Coordinator::Connected(const std::vector<ClientId>& clients) {
  impl_->loop.Post([this, clients] {
    impl_->connected += clients.size();
    ledger::RunEvent event;
    event.kind = ledger::RunEvent::Kind::kJoined;
    event.clients = impl_->connected;
    impl_->Emit(event);
    for (const ClientId client : clients) impl_->Step(ClientJoined{client});
  });
}

void Coordinator::Leave(const std::vector<ClientId>& clients, absl::string_view why) {
  impl_->loop.Post([this, clients, why = std::string(why)] {
    impl_->connected -= std::min<std::uint64_t>(impl_->connected, clients.size());
    if (!impl_->engine.finished()) {
      LogInfo(absl::StrCat("client ", clients.front(),
                           clients.size() > 1 ? absl::StrCat(" .. ", clients.back()) : "",
                           " left: ", why));
    }
    for (const ClientId client : clients) {
      // One that was told to leave reports its last task yet.
      if (!impl_->engine.finished()) impl_->tasks.Left(client);
      impl_->Step(ClientLeft{client});
    }
    // Only now may they join again: else the engine could hear of that first.
    impl_->roster.Remove(clients);
  });
}

absl::StatusOr<std::shared_ptr<const Model>> Coordinator::FindModel(ModelId id) const {
  return impl_->models.Find(id);
}

UploadIntake& Coordinator::intake() { return impl_->intake; }

void Coordinator::ReportCost(const TaskCost& cost) {
  if (cost.client >= impl_->options.experiment.federation.clients) return;
  impl_->loop.Post([impl = impl_.get(), cost, now = MonotonicNow()] { impl->OnCost(cost, now); });
}

void Coordinator::Stop(absl::string_view why, int exit_code) {
  impl_->loop.Post([this, why = std::string(why), exit_code] {
    impl_->Step(StopRequested{why, exit_code});
  });
}

const std::string& Coordinator::model_sha256() const { return impl_->model_sha256; }
std::uint32_t Coordinator::rounds_done() const { return impl_->rounds_done; }
const std::vector<TensorSpec>& Coordinator::tensors() const { return impl_->network.tensors(); }
const std::string& Coordinator::data_hash() const { return impl_->dataset.hash(); }
const Experiment& Coordinator::experiment() const { return impl_->options.experiment; }

}  // namespace fedround::coordinator
