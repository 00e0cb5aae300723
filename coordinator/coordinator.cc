#include "coordinator/coordinator.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/config/specs.h"
#include "common/round/trained_entries.h"
#include "coordinator/coordinator_impl.h"

namespace fedround::coordinator {
namespace {

// After the last round: how long to wait for the cost reports that are still on their way, and how
// long once everybody has left.
constexpr Nanos kCostGrace = 5 * kNanosPerSecond;
constexpr Nanos kLeftGrace = kNanosPerSecond;
// How often transfers are looked at, at most.
constexpr Nanos kWatchStep = 250 * kNanosPerMilli;

}  // namespace

absl::StatusOr<std::unique_ptr<Coordinator>> Coordinator::Create(CoordinatorOptions options) {
  Experiment& experiment = options.experiment;
  RETURN_IF_ERROR(fold::CheckGrid(GridOf(experiment)));
  ASSIGN_OR_RETURN(FreshWorkload fresh, OpenWorkload(experiment));
  const TrainedEntries trained(fresh.workload->layout());
  ASSIGN_OR_RETURN(auto algorithm,
                   algorithm::MakeServer(experiment.federation.algorithm, trained.size()));
  ASSIGN_OR_RETURN(auto needs, algorithm::NeedsOf(experiment.federation.algorithm));
  ASSIGN_OR_RETURN(auto layout, UpdateLayoutOf(experiment, trained.size()));
  ASSIGN_OR_RETURN(auto sections, SectionsOf(experiment, layout));
  RETURN_IF_ERROR(CheckLayout(experiment, layout));
  ASSIGN_OR_RETURN(auto recorder,
                   ledger::RunRecorder::Create(experiment.ledger.enabled ? options.folder : ""));
  SlotOptions slots = SlotOptionsOf(experiment, options.run_id);
  if (!options.folder.empty()) slots.folder = std::filesystem::absolute(options.folder);
  RETURN_IF_ERROR(CheckWeights(
      experiment, [&fresh](ClientId client) { return fresh.workload->Examples(client); }));
  RETURN_IF_ERROR(CheckReplay(experiment, options.replay));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(fresh), std::move(algorithm),
                                     std::move(needs), std::move(layout), std::move(sections),
                                     std::move(recorder), ComputeSlots::Open(slots));
  return std::unique_ptr<Coordinator>(new Coordinator(std::move(impl)));
}

Coordinator::Coordinator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Coordinator::~Coordinator() = default;

// ---- the loop ----

ledger::Verdict Coordinator::Impl::Run() {
  ledger::event::Started started;
  started.run_id = options.run_id;
  started.rounds = options.experiment.run.rounds;
  started.clients = options.experiment.federation.clients;
  started.parameters = ParameterCount(workload->layout().tensors);
  started.initial = initial_source;
  Emit(started);
  if (auto notice = CoarseGridNotice(options.experiment)) Notify(*std::move(notice));
  if (auto notice = TimingMattersNotice(options.experiment, !options.replay.empty())) {
    Notify(*std::move(notice));
  }
  recorder->TellOfWaits([this](std::string message) {
    loop.Post([this, message = std::move(message)] { Notify(message); });
  });
  if (std::string warning = workload->Warning(); !warning.empty()) Notify(std::move(warning));
  Emit(ledger::event::Notice{absl::StrCat("data: ", workload->description())});
  if (!slots.warning().empty()) Notify(slots.warning());
  WatchSlots();
  WatchTransfers();
  Execute(engine.Start(MonotonicNow()));
  loop.Run([this] { return verdict.has_value(); });
  CancelCommit();
  if (options.experiment.ledger.enabled) AwaitReports();
  over = true;
  intake.Shutdown();
  FinishRecord();
  return *verdict;
}

// Also in a run that was stopped: its last round counts.
void Coordinator::Impl::AwaitReports() {
  const auto wait = [this](Nanos grace, const std::function<bool()>& enough) {
    bool expired = false;
    const Loop::TimerId timer = loop.PostAt(MonotonicNow() + grace, [&] { expired = true; });
    loop.Run([&] { return expired || tasks.outstanding() == 0 || enough(); });
    loop.Cancel(timer);
  };
  wait(verdict->outcome == RunOutcome::kDone ? kCostGrace : kLeftGrace,
       [this] { return connected == 0; });
  wait(kLeftGrace, [] { return false; });
}

void Coordinator::Impl::Execute(const EngineActions& actions) {
  for (const EngineAction& action : actions) {
    std::visit([this](const auto& a) { Do(a); }, action);
  }
  gateway->Flush();
  EndBroadcast();
}

void Coordinator::Impl::WatchTransfers() {
  const Nanos limit = ToNanos(options.experiment.limits.stall_s);
  const Nanos step = std::min(kWatchStep, limit / 4);
  intake.EndStalled(step);
  gateway->EndStalled(step, limit);
  loop.PostAt(MonotonicNow() + step, [this] { WatchTransfers(); });
}

void Coordinator::Impl::EndBroadcast() {
  if (broadcasting) book.Broadcast(MonotonicNow());
  broadcasting = false;
}

void Coordinator::Impl::OnUpdate(UploadHandle handle, const UpdateHeader& header,
                                 const UploadTimes& times) {
  received.emplace(handle, Received{header, times});
  Step(Answered{.handle = handle, .ask = header.ask, .weight = header.weight});
}

void Coordinator::Impl::OnFolded(UploadHandle handle, const FoldTimes& times) {
  book.Folded(handle, times);
  book.Closed(MonotonicNow());
  Step(FoldDone{handle});
}

// The time since the previous round ended is this round's first phase.
void Coordinator::Impl::StartRound(std::uint32_t round) {
  if (round == 1) {
    RecordTraffic();
    // Waiting for clients is not part of a round.
    book.Begin(step_start);
    disturbed = disturbances.Read();
  } else if (options.experiment.evaluation.when == EvaluateWhen::kAfter) {
    book.Idle(step_start);
  }
  if (options.experiment.ledger.enabled) book.Probed(ProbeFloatingPoint());
  book.Selected(MonotonicNow());
}

// A further step of the same round follows.
void Coordinator::Impl::EndStep() {
  book.Collected();
  for (ledger::EvaluationRecord& score : book.ClientEvaluation(engine.round() - 1)) {
    ledger::event::Evaluated event;
    event.round = score.round;
    event.clients_accuracy = score.accuracy;
    event.clients_loss = score.loss;
    Emit(event);
    recorder->Add(std::move(score));
  }
}

void Coordinator::Impl::Do(const OpenStep& action) {
  if (action.step == 0) {
    StartRound(action.round);
  } else {
    EndStep();
  }
  book.OpenStep(action.step, action.task);
  slot_wait_before_step = slots.shortage().waited;
  broadcasting = true;
}

void Coordinator::Impl::Do(const CloseStep&) {
  EndBroadcast();  // in case nobody was asked in this step
  intake.Close();
  book.Closed(MonotonicNow());
}

void Coordinator::Impl::Do(const BeginFold& action) {
  auto [header, times] = std::move(received.extract(action.handle).mapped());
  if (!options.experiment.ledger.health) header.health.clear();  // nobody asked
  const Nanos now = MonotonicNow();
  intake.Accept(action.handle);
  ledger::AnswerRow answer = tasks.Accepted(header, times, now);
  if (answer.task == TaskKind::kEvaluate) {
    book.AddEvaluated(std::move(answer));
    intake.Release(action.handle);
    loop.Post([this, handle = action.handle] { OnFolded(handle, {}); });
    return;
  }
  if (options.experiment.federation.weighting == Weighting::kUniform) answer.weight = 1;
  std::vector<std::uint64_t> scalars;
  for (const ScalarLayout& scalar : update_layout.scalars) {
    scalars.push_back(header.scalars.at(scalar.name));  // the intake has checked that it is there
  }
  folds.Add({action.handle, answer.client, answer.weight, std::move(scalars)});
  book.AddFolding(action.handle, std::move(answer));
}

void Coordinator::Impl::Do(const Refuse& action) {
  received.erase(action.handle);
  intake.Refuse(action.handle, absl::Status(action.code, action.why));
}

void Coordinator::Impl::Do(const Evaluate& action) {
  evaluating = true;
  jobs.Run([this, round = action.round, model = models.current()]() mutable {
    auto scores = workload->Evaluate(Parameters(*model), round, slots, over);
    model.reset();  // before the loop is told, so that its memory is free for the next one
    loop.Post([this, round, scores = std::move(scores)] {
      if (scores.ok()) return OnEvaluated(round, *scores);
      Step(RunFailed{absl::StrCat("evaluation: ", scores.status().message()),
                     exit_code::Of(scores.status())});
    });
  });
}

ledger::Verdict Coordinator::Run(ClientGateway& gateway) {
  impl_->gateway = &gateway;
  return impl_->Run();
}

// ---- Front ----

std::uint64_t Coordinator::clients() const { return impl_->options.experiment.federation.clients; }

absl::StatusOr<Welcome> Coordinator::Admit(const JoinRequest& request) {
  RETURN_IF_ERROR(impl_->roster.Admit(request));
  impl_->loop.Post([this, request, now = MonotonicNow()] {
    for (const ClientId client : request.clients) {
      ledger::ClientRecord record{.client = client,
                                  .host = request.host,
                                  .pid = request.pid,
                                  .examples = impl_->workload->Examples(client).value_or(0),
                                  .joined_ns = now};
      if (const auto name = impl_->workload->ClientName(client)) record.name = std::string(*name);
      impl_->recorder->Add(std::move(record));
    }
  });
  return Welcome{.run_id = impl_->options.run_id,
                 .incarnation = 0,
                 .experiment = SerializeExperiment(impl_->options.experiment),
                 .model = impl_->workload->layout(),
                 .update = impl_->update_layout,
                 .down = impl_->needs.down,
                 .data_hash = impl_->workload->DataHash(),
                 .chunk_bytes = impl_->options.experiment.limits.chunk_bytes};
}

void Coordinator::Connected(const std::vector<ClientId>& clients) {
  impl_->loop.Post([this, clients] {
    impl_->connected += clients.size();
    impl_->Emit(ledger::event::Joined{impl_->connected});
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
    // A client that was told to leave will still report its last task.
    if (!impl_->engine.finished()) impl_->tasks.Left(clients);
    for (const ClientId client : clients) impl_->Step(ClientLeft{client});
    // Only now may they join again: otherwise the engine could hear of that first.
    impl_->roster.Remove(clients);
  });
}

absl::StatusOr<std::shared_ptr<const Model>> Coordinator::FindModel(ModelId id) const {
  return impl_->models.Find(id);
}

UploadIntake& Coordinator::intake() { return impl_->intake; }

void Coordinator::ReportCost(const TaskCost& cost) {
  if (cost.client >= clients()) return;
  impl_->loop.Post([impl = impl_.get(), cost, now = MonotonicNow()] { impl->OnCost(cost, now); });
}

// ---- for the program that started the run ----

void Coordinator::WillNotJoin(const std::vector<ClientId>& clients) {
  impl_->loop.Post([this, clients] {
    for (const ClientId client : clients) impl_->Step(ClientGone{client});
  });
}

void Coordinator::Stop(absl::string_view why, int exit_code) {
  impl_->recorder->StopWaiting();  // a commit may be waiting
  impl_->loop.Post([this, why = std::string(why), exit_code] {
    impl_->Step(StopRequested{why, exit_code});
  });
}

const std::string& Coordinator::model_sha256() const { return impl_->model_sha256; }
std::uint32_t Coordinator::rounds_done() const { return impl_->rounds_done; }
const std::vector<TensorSpec>& Coordinator::tensors() const {
  return impl_->workload->layout().tensors;
}
std::string Coordinator::data_hash() const { return impl_->workload->DataHash(); }
const Experiment& Coordinator::experiment() const { return impl_->options.experiment; }

}  // namespace fedround::coordinator
