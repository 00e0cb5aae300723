#include "coordinator/workload/network_workload.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/config/settle_clients.h"
#include "common/config/specs.h"
#include "common/data/client_names.h"
#include "common/data/dataset.h"
#include "common/nn/network.h"
#include "coordinator/model/evaluator.h"
#include "coordinator/workload/describe_data.h"

namespace fedround::coordinator {
namespace {

// A client's report has room for a limited number of layers.
absl::Status CheckHealth(const Experiment& experiment, const nn::Network& network) {
  constexpr std::size_t kMostReported = 400;
  if (!experiment.ledger.health || network.tensors().size() <= kMostReported) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("ledger.health = true: the network has ", network.tensors().size(),
                   " tensors; a client can report on at most ", kMostReported));
}

class NetworkWorkload final : public Workload {
 public:
  NetworkWorkload(const Experiment& experiment, nn::Network network, data::Dataset dataset,
                  data::Deal deal)
      : Workload(network.layout(), DescribeData(experiment, dataset, deal)),
        network_(std::move(network)),
        dataset_(std::move(dataset)),
        deal_(std::move(deal)),
        names_(NamesOfClients(experiment, dataset_)),
        evaluator_(network_, dataset_, deal_.validation, ToNanos(experiment.federation.deadline_s),
                   experiment.ledger.health) {}

  std::string Warning() const override { return dataset_.warning(); }
  std::string DataHash() const override { return dataset_.hash(); }
  std::optional<std::uint64_t> Examples(ClientId client) const override {
    return deal_.shard(client).size();
  }
  std::optional<absl::string_view> ClientName(ClientId client) const override {
    return client < names_.size() ? std::optional(names_[client]) : std::nullopt;
  }
  absl::StatusOr<std::vector<ledger::EvaluationRecord>> Evaluate(
      std::span<const float> parameters, std::uint32_t round, const ComputeSlots& slots,
      const std::atomic<bool>& stop) override {
    return evaluator_.Evaluate(parameters, round, slots, stop);
  }

 private:
  const nn::Network network_;
  const data::Dataset dataset_;
  const data::Deal deal_;
  const std::vector<absl::string_view> names_;  // by id; empty: the data has none
  Evaluator evaluator_;
};

}  // namespace

absl::StatusOr<FreshWorkload> OpenNetworkWorkload(Experiment& experiment) {
  // The run folder keeps absolute paths and the hashes of what was found there, so that the run can
  // be repeated on the same data, from the same weights.
  experiment.data.name = data::WithAbsolutePath(experiment.data.name);
  ASSIGN_OR_RETURN(data::Dataset dataset, OpenDataset(experiment));
  if (!dataset.sources().empty()) experiment.data.sha256 = dataset.hash();
  RETURN_IF_ERROR(SettleClients(dataset, experiment));
  ASSIGN_OR_RETURN(data::Deal deal, data::DealExamples(dataset, DealSpecOf(experiment)));
  ASSIGN_OR_RETURN(nn::Network network, nn::Network::Create(NetworkSpecOf(experiment, dataset)));
  RETURN_IF_ERROR(CheckHealth(experiment, network));
  ASSIGN_OR_RETURN(InitialModel initial, MakeInitialModel(experiment, network));
  return FreshWorkload{std::make_unique<NetworkWorkload>(experiment, std::move(network),
                                                         std::move(dataset), std::move(deal)),
                       std::move(initial)};
}

}  // namespace fedround::coordinator
