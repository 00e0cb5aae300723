#include "client/client_host.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/host_identity.h"
#include "client/local_trainer.h"
#include "common/base/compute_slot.h"
#include "common/base/hash.h"
#include "common/base/log.h"
#include "common/base/mutex.h"
#include "common/base/phase_chain.h"
#include "common/base/resource_usage.h"
#include "common/base/status_macros.h"
#include "common/config/experiment.h"
#include "common/config/specs.h"
#include "common/data/dataset.h"
#include "common/nn/network.h"

namespace fedround::client {
namespace {

using ClientChain = PhaseChain<ClientPhase, kClientPhases>;

// An instruction, and when it came.
struct Asked {
  Instruction instruction;
  Nanos arrived_ns = 0;
};

// What all clients of a host share: the data, the network, the run they are in. Thread-safe.
class Host {
 public:
  static absl::StatusOr<std::unique_ptr<Host>> Create(CoordinatorLink& link, const Welcome& welcome,
                                                      const HostOptions& options);

  int slots() const { return slots_.count(); }
  const Experiment& experiment() const { return experiment_; }
  const nn::Network& network() const { return network_; }
  // Ends tasks under way at their next batch, or as they wait for a slot.
  void Stop() { stop_ = true; }
  const std::atomic<bool>& stopped() const { return stop_; }

  // Carries out one instruction on the calling thread, with that thread's trainer and [P] buffers,
  // and reports what it cost.
  void Work(const Asked& asked, LocalTrainer& trainer, std::span<float> model,
            std::span<float> trained);

 private:
  using Rows = std::map<ClientId, std::vector<std::uint32_t>>;

  Host(CoordinatorLink& link, const Welcome& welcome, Experiment experiment, data::Dataset dataset,
       Rows rows, nn::Network network, ComputeSlots slots, Nanos (*now)())
      : link_(link),
        run_id_(welcome.run_id),
        incarnation_(welcome.incarnation),
        experiment_(std::move(experiment)),
        dataset_(std::move(dataset)),
        rows_(std::move(rows)),
        network_(std::move(network)),
        slots_(std::move(slots)),
        now_(now),
        joined_ns_(now()) {}

  // One try of a task; what it takes is added to `chain` and `cost`.
  absl::Status Try(const Instruction& instruction, LocalTrainer& trainer, std::span<float> model,
                   std::span<float> trained, ClientChain& chain, TaskCost& cost);
  // Trains or scores the model, in a compute slot. Fills the header's metrics.
  absl::Status Compute(const Instruction& instruction, const data::Examples& shard,
                       LocalTrainer& trainer, std::span<const float> model,
                       std::span<float> trained, UpdateHeader& header, ClientChain& chain,
                       TaskCost& cost);
  void Report(TaskCost& cost);
  // Where the client's chain of phases stands.
  Nanos ChainEnd(ClientId client);
  // The client's examples, read on first use and kept.
  absl::StatusOr<const data::Examples*> Shard(ClientId client);

  CoordinatorLink& link_;
  const std::string run_id_;
  const std::uint32_t incarnation_;
  const Experiment experiment_;
  const data::Dataset dataset_;
  const Rows rows_;  // of this host's clients
  const nn::Network network_;
  const ComputeSlots slots_;
  std::atomic<bool> stop_{false};
  Nanos (*const now_)();
  const Nanos joined_ns_;
  Mutex mutex_;
  std::map<ClientId, data::Examples> shards_ ABSL_GUARDED_BY(mutex_);
  std::map<ClientId, Nanos> chain_ends_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<std::unique_ptr<Host>> Host::Create(CoordinatorLink& link, const Welcome& welcome,
                                                   const HostOptions& options) {
  const std::vector<ClientId>& clients = options.clients;
  ASSIGN_OR_RETURN(Experiment experiment, ParseExperiment(welcome.experiment));
  const auto& data = experiment.data;
  ASSIGN_OR_RETURN(data::Dataset dataset,
                   data::Dataset::Open(data.name, data.scale, experiment.run.seed));
  if (dataset.hash() != welcome.data_hash) {
    return absl::FailedPreconditionError(absl::StrCat(
        "data set \"", data.name.name, "\" here has SHA-256 ", dataset.hash(),
        "; the coordinator's has ", welcome.data_hash, ": give all hosts the same files"));
  }
  ASSIGN_OR_RETURN(const data::Deal deal, data::DealExamples(dataset, DealSpecOf(experiment)));
  ASSIGN_OR_RETURN(nn::Network network, nn::Network::Create(NetworkSpecOf(experiment, dataset)));
  if (network.tensors() != welcome.tensors) {
    return absl::FailedPreconditionError(
        "the coordinator's model has other tensors than this client builds from the same "
        "experiment");
  }
  ASSIGN_OR_RETURN(ComputeSlots slots, ComputeSlots::Open(static_cast<int>(experiment.launch.slots),
                                                          experiment.launch.pin));
  Rows rows;
  for (const ClientId client : clients) {
    rows[client].assign(deal.shard(client).begin(), deal.shard(client).end());
  }
  auto host = std::unique_ptr<Host>(new Host(link, welcome, std::move(experiment),
                                             std::move(dataset), std::move(rows),
                                             std::move(network), std::move(slots), options.now));
  // One client: read its shard now, while the others are still starting.
  if (clients.size() == 1) RETURN_IF_ERROR(host->Shard(clients.front()).status());
  return host;
}

absl::StatusOr<const data::Examples*> Host::Shard(ClientId client) {
  {
    MutexLock lock(mutex_);
    if (const auto found = shards_.find(client); found != shards_.end()) return &found->second;
  }
  const auto rows = rows_.find(client);
  if (rows == rows_.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("asked for client ", client, ", which this host does not run"));
  }
  ASSIGN_OR_RETURN(data::Examples shard, dataset_.Read(data::Split::kTrain, rows->second));
  MutexLock lock(mutex_);
  return &shards_.try_emplace(client, std::move(shard)).first->second;
}

Nanos Host::ChainEnd(ClientId client) {
  MutexLock lock(mutex_);
  return chain_ends_.try_emplace(client, joined_ns_).first->second;
}

// Whether a task that failed so may succeed if it is done again at once: the network's faults, not
// ours.
bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsAborted(status) || absl::IsDataLoss(status);
}

constexpr int kTries = 3;

void Host::Work(const Asked& asked, LocalTrainer& trainer, std::span<float> model,
                std::span<float> trained) {
  const Instruction& instruction = asked.instruction;
  ClientChain chain(ThreadCpuNow);
  chain.Start(ChainEnd(instruction.client));
  // It may have come while the answer to the one before was on its way.
  chain.End(ClientPhase::kWaitInstruction, std::max(asked.arrived_ns, chain.last()));
  chain.End(ClientPhase::kQueue, now_());
  TaskCost cost{.client = instruction.client,
                .round = instruction.round,
                .attempt = instruction.attempt,
                .task = instruction.task};
  for (int i = 0; i < kTries && !stop_; ++i) {
    const absl::Status status = Try(instruction, trainer, model, trained, chain, cost);
    if (status.ok() || stop_) break;
    LogError(absl::StrCat("client ", instruction.client, " round ", instruction.round, ": ",
                          status.ToString()));
    if (!MayPass(status)) break;
  }
  if (stop_) return;
  cost.start_ns = chain.start();
  cost.end_ns = chain.last();
  chain.CopyTo(cost.phase_ns, cost.phase_cpu_ns);
  Report(cost);
}

void Host::Report(TaskCost& cost) {
  if (!experiment_.ledger.enabled) return;
  {
    MutexLock lock(mutex_);
    chain_ends_[cost.client] = cost.end_ns;
  }
  cost.sent_ns = now_();
  link_.ReportCost(cost);
}

absl::Status Host::Try(const Instruction& instruction, LocalTrainer& trainer,
                       std::span<float> model, std::span<float> trained, ClientChain& chain,
                       TaskCost& cost) {
  if (instruction.task != TaskKind::kTrain && instruction.task != TaskKind::kEvaluate) {
    return absl::UnimplementedError("this client only trains and evaluates");
  }
  const absl::StatusOr<TransferCost> download = link_.FetchModel(instruction, model);
  chain.End(ClientPhase::kDownload, now_());
  RETURN_IF_ERROR(download.status());
  cost.payload_bytes_down += download->payload_bytes;
  cost.message_bytes_down += download->message_bytes_down;
  cost.message_bytes_up += download->message_bytes_up;
  ASSIGN_OR_RETURN(const data::Examples* const shard, Shard(instruction.client));
  chain.End(ClientPhase::kDecode, now_());

  UpdateHeader header{.run_id = run_id_,
                      .incarnation = incarnation_,
                      .task = instruction.task,
                      .round = instruction.round,
                      .attempt = instruction.attempt,
                      .client = instruction.client,
                      .model_id = instruction.model_id,
                      .weight = shard->size()};
  RETURN_IF_ERROR(Compute(instruction, *shard, trainer, model, trained, header, chain, cost));
  std::span<const std::byte> payload;
  if (instruction.task == TaskKind::kTrain) {
    for (std::size_t i = 0; i < model.size(); ++i) trained[i] -= model[i];
    payload = std::as_bytes(trained);
    header.sections = {{.name = std::string(kUpdateSection),
                        .codec = std::string(kFloat32Codec),
                        .elements = trained.size(),
                        .bytes = payload.size()}};
    header.checksum = Xxh3(payload);
  }
  header.sent_ns = now_();
  chain.End(ClientPhase::kEncode, header.sent_ns);

  const absl::StatusOr<TransferCost> upload =
      link_.Submit(header, payload, [&] { chain.End(ClientPhase::kWaitCredit, now_()); });
  chain.End(ClientPhase::kUpload, now_());
  RETURN_IF_ERROR(upload.status());
  cost.payload_bytes_up += upload->payload_bytes;
  cost.message_bytes_down += upload->message_bytes_down;
  cost.message_bytes_up += upload->message_bytes_up;
  return absl::OkStatus();
}

// The phases of `profile` are those of `train_ns` but for the copy of the model before it.
void AddProfile(const TrainingProfile& profile, Nanos train_ns, TaskCost& cost) {
  cost.steps += profile.steps;
  cost.sampled_steps += profile.sampled_steps;
  if (profile.sampled_steps == 0) return;
  Nanos rest = train_ns;
  for (int i = 0; i < kStepPhases; ++i) {
    cost.step_ns[i] += profile.step_ns[i];
    rest -= profile.step_ns[i];
  }
  cost.step_ns[static_cast<int>(StepPhase::kLoad)] += rest;
}

absl::Status Host::Compute(const Instruction& instruction, const data::Examples& shard,
                           LocalTrainer& trainer, std::span<const float> model,
                           std::span<float> trained, UpdateHeader& header, ClientChain& chain,
                           TaskCost& cost) {
  ASSIGN_OR_RETURN(const ComputeSlots::Slot slot, slots_.Take(stop_));
  chain.End(ClientPhase::kWaitSlot, now_());
  const Nanos before = chain.wall(ClientPhase::kTrain);
  const std::uint64_t switches = ThreadInvoluntarySwitches();
  if (instruction.task == TaskKind::kEvaluate) {
    header.metrics = trainer.Evaluate(shard, model);
    chain.End(ClientPhase::kTrain, now_());
  } else {
    std::copy(model.begin(), model.end(), trained.begin());
    Trained result =
        trainer.Train(shard, instruction.client, instruction.plan, instruction.round, trained);
    header.metrics = std::move(result.metrics);
    chain.End(ClientPhase::kTrain, now_());
    AddProfile(result.profile, chain.wall(ClientPhase::kTrain) - before, cost);
  }
  cost.involuntary_switches += ThreadInvoluntarySwitches() - switches;
  if (stop_) return absl::CancelledError("told to leave while training");
  return absl::OkStatus();
}

// Instructions waiting for a thread.
class InstructionQueue {
 public:
  void Push(Asked asked) {
    {
      MutexLock lock(mutex_);
      waiting_.push_back(std::move(asked));
    }
    changed_.NotifyOne();
  }
  // What has not begun yet is forgotten.
  void Close() {
    {
      MutexLock lock(mutex_);
      closed_ = true;
    }
    changed_.NotifyAll();
  }
  // Nothing once closed.
  std::optional<Asked> Pop() {
    MutexLock lock(mutex_);
    while (waiting_.empty() && !closed_) changed_.Wait(mutex_);
    if (closed_) return std::nullopt;
    Asked next = std::move(waiting_.front());
    waiting_.pop_front();
    return next;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::deque<Asked> waiting_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

void WorkLoop(Host& host, InstructionQueue& queue) {
  LocalTrainer trainer(host.network(), host.experiment().run.seed, &host.stopped(),
                       host.experiment().ledger.enabled);
  FloatBuffer model(host.network().parameter_count());
  FloatBuffer trained(host.network().parameter_count());
  while (const std::optional<Asked> asked = queue.Pop()) {
    host.Work(*asked, trainer, model.span(), trained.span());
  }
}

}  // namespace

absl::StatusOr<Instruction> RunClientHost(CoordinatorLink& link, const HostOptions& options) {
  ASSIGN_OR_RETURN(const Welcome welcome, link.Join(MakeJoinRequest(options.clients)));
  ASSIGN_OR_RETURN(const std::unique_ptr<Host> host, Host::Create(link, welcome, options));
  if (options.own_process) ForgetStartupCode();
  const std::size_t threads =
      std::min(static_cast<std::size_t>(options.threads > 0 ? options.threads : host->slots()),
               options.clients.size());
  InstructionQueue queue;
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < threads; ++i) {
    workers.emplace_back([&host, &queue] { WorkLoop(*host, queue); });
  }
  absl::StatusOr<Instruction> next = link.NextInstruction();
  while (next.ok() && next->task != TaskKind::kLeave) {
    queue.Push({*std::move(next), options.now()});
    next = link.NextInstruction();
  }
  queue.Close();
  host->Stop();
  for (std::thread& worker : workers) worker.join();
  return next;
}

}  // namespace fedround::client
