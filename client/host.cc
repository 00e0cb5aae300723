#include "client/host.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/cpu/simd.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/config/specs.h"

namespace fedround::client {
namespace {

std::string StateFolder(const Experiment& experiment, const HostOptions& options) {
  const bool on_disk = experiment.federation.client_state == ClientStateIn::kDisk;
  return on_disk ? options.state_folder : "";
}

}  // namespace

absl::StatusOr<std::unique_ptr<Host>> Host::Create(CoordinatorLink& link, const Welcome& welcome,
                                                   const HostOptions& options) {
  const std::vector<ClientId>& clients = options.clients;
  ASSIGN_OR_RETURN(Experiment experiment, ParseExperiment(welcome.experiment));
  if (experiment.model.preset == nn::Preset::kExternal) {
    return absl::FailedPreconditionError(
        "model.preset = \"external\": this program trains networks of fedround's own only; take "
        "part with a client that knows the model, such as one made from client/python");
  }
  RETURN_IF_ERROR(UseSimdLevel(LevelOf(experiment.model.simd)));
  ASSIGN_OR_RETURN(data::Dataset dataset, OpenKnownDataset(experiment, welcome.data_hash));
  if (dataset.hash() != welcome.data_hash) {
    return absl::FailedPreconditionError(absl::StrCat(
        "data set \"", experiment.data.name.name, "\" here has SHA-256 ", dataset.hash(),
        "; the coordinator's has ", welcome.data_hash, ": give all hosts the same files"));
  }
  if (options.own_process && !dataset.warning().empty()) LogInfo(dataset.warning());
  ASSIGN_OR_RETURN(const data::Deal deal, data::DealExamples(dataset, DealSpecOf(experiment)));
  ASSIGN_OR_RETURN(nn::Network network, nn::Network::Create(NetworkSpecOf(experiment, dataset)));
  if (network.layout() != welcome.model) {
    return absl::FailedPreconditionError(
        "the coordinator's model has or trains other tensors than the network that this client "
        "builds from the same experiment");
  }
  const TrainedEntries trained(network.layout());
  ASSIGN_OR_RETURN(UpdatePipeline pipeline, UpdatePipeline::Create(experiment, trained.size()));
  Algorithm algorithm;
  ASSIGN_OR_RETURN(algorithm.half, algorithm::MakeClient(experiment.federation.algorithm));
  ASSIGN_OR_RETURN(algorithm.needs, algorithm::NeedsOf(experiment.federation.algorithm));
  ASSIGN_OR_RETURN(auto states, StateStore::Open({.folder = StateFolder(experiment, options),
                                                  .run_id = welcome.run_id,
                                                  .vector_size = trained.size()}));
  SlotOptions slot_options = SlotOptionsOf(experiment, welcome.run_id);
  // In the coordinator's process it is the coordinator that reports waits for slots.
  slot_options.log_waits = options.own_process;
  ComputeSlots slots = ComputeSlots::Open(slot_options);
  if (options.own_process && !slots.warning().empty()) LogInfo(slots.warning());
  link.EndStalledAfter(ToNanos(experiment.limits.stall_s));
  Rows rows;
  for (const ClientId client : clients) {
    rows[client].assign(deal.shard(client).begin(), deal.shard(client).end());
  }
  auto host = std::unique_ptr<Host>(new Host(
      link, welcome, std::move(experiment), std::move(dataset), std::move(rows), std::move(network),
      std::move(algorithm), std::move(pipeline), std::move(states), std::move(slots), options.now));
  // With only one client, its shard is read now, while other processes are still starting.
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

void Host::Stop() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  stopped_.NotifyAll();
}

bool Host::Sleep(Nanos duration) {
  const Nanos end = MonotonicNow() + duration;
  MutexLock lock(mutex_);
  for (Nanos now = MonotonicNow(); !stop_ && now < end; now = MonotonicNow()) {
    stopped_.WaitFor(mutex_, std::chrono::nanoseconds(end - now));
  }
  return !stop_;
}

UpdateHeader Host::HeaderFor(const Instruction& instruction) const {
  return {.run_id = run_id_,
          .incarnation = incarnation_,
          .ask = instruction.id,
          .client = instruction.client,
          .model_id = instruction.model_id};
}

Nanos Host::ChainEnd(ClientId client) {
  MutexLock lock(mutex_);
  return chain_ends_.try_emplace(client, joined_ns_).first->second;
}

void Host::SetChainEnd(ClientId client, Nanos end) {
  MutexLock lock(mutex_);
  chain_ends_[client] = end;
}

}  // namespace fedround::client
