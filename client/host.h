// What all clients of a host share: the data, the network, the run, and the link to the
// coordinator. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/client_host.h"
#include "client/coordinator_link.h"
#include "client/state_store.h"
#include "client/update_pipeline.h"
#include "common/algorithm/algorithm.h"
#include "common/base/mutex.h"
#include "common/base/slots/compute_slot.h"
#include "common/config/experiment.h"
#include "common/data/dataset.h"
#include "common/nn/network.h"
#include "common/round/trained_entries.h"
#include "common/round/types.h"

namespace fedround::client {

// The clients' half of the run's algorithm, and what it needs.
struct Algorithm {
  std::unique_ptr<const algorithm::Client> half;
  algorithm::Needs needs;
};

class Host {
 public:
  // Errors: those of RunClientHost that occur before the first instruction.
  static absl::StatusOr<std::unique_ptr<Host>> Create(CoordinatorLink& link, const Welcome& welcome,
                                                      const HostOptions& options);

  CoordinatorLink& link() { return link_; }
  const Experiment& experiment() const { return experiment_; }
  const nn::Network& network() const { return network_; }
  // The parameters that updates carry.
  const TrainedEntries& trained() const { return trained_; }
  const UpdatePipeline& pipeline() const { return pipeline_; }
  const Algorithm& algorithm() const { return algorithm_; }
  // Whether a client must remember something from task to task: then its state is settled before.
  bool remembers() const { return pipeline_.remembers() || algorithm_.needs.remembers; }
  const ComputeSlots& slots() const { return slots_; }
  Nanos now() const { return now_(); }

  // Ends tasks under way, at their next batch or while they wait for something.
  void Stop();
  const std::atomic<bool>& stopped() const { return stop_; }
  // Returns early, with false, once stopped.
  bool Sleep(Nanos duration);

  // An answer's header, without the parts that come from the task itself.
  UpdateHeader HeaderFor(const Instruction& instruction) const;
  // The client's examples, read on first use and kept.
  absl::StatusOr<const data::Examples*> Shard(ClientId client);
  // What the clients remember.
  StateStore& states() { return *states_; }
  // Where the client's chain of phases ends so far; at first, when the host joined.
  Nanos ChainEnd(ClientId client);
  void SetChainEnd(ClientId client, Nanos end);

 private:
  using Rows = std::map<ClientId, std::vector<std::uint32_t>>;

  Host(CoordinatorLink& link, const Welcome& welcome, Experiment experiment, data::Dataset dataset,
       Rows rows, nn::Network network, Algorithm algorithm, UpdatePipeline pipeline,
       std::unique_ptr<StateStore> states, ComputeSlots slots, Nanos (*clock)())
      : link_(link),
        run_id_(welcome.run_id),
        incarnation_(welcome.incarnation),
        experiment_(std::move(experiment)),
        dataset_(std::move(dataset)),
        rows_(std::move(rows)),
        network_(std::move(network)),
        trained_(network_.layout()),
        algorithm_(std::move(algorithm)),
        pipeline_(std::move(pipeline)),
        states_(std::move(states)),
        slots_(std::move(slots)),
        now_(clock),
        joined_ns_(clock()) {}

  CoordinatorLink& link_;
  const std::string run_id_;
  const std::uint32_t incarnation_;
  const Experiment experiment_;
  const data::Dataset dataset_;
  const Rows rows_;  // of this host's clients
  const nn::Network network_;
  const TrainedEntries trained_;
  const Algorithm algorithm_;
  const UpdatePipeline pipeline_;
  const std::unique_ptr<StateStore> states_;
  const ComputeSlots slots_;
  Nanos (*const now_)();
  const Nanos joined_ns_;
  std::atomic<bool> stop_{false};
  Mutex mutex_;
  CondVar stopped_;
  std::map<ClientId, data::Examples> shards_ ABSL_GUARDED_BY(mutex_);
  std::map<ClientId, Nanos> chain_ends_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fedround::client
