// What an experiment means to the modules below: the coordinator and every client derive the same
// data, the same deal and the same network from it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/slots/compute_slot.h"
#include "common/codec/codec.h"
#include "common/config/experiment.h"
#include "common/data/dataset.h"
#include "common/fold/grid.h"
#include "common/nn/network.h"
#include "common/round/types.h"

namespace fedround {

// The data set with its label noise. Errors: those of data::Dataset::Open; INVALID_ARGUMENT if its
// contents do not have the hash data.sha256.
absl::StatusOr<data::Dataset> OpenDataset(const Experiment& experiment);
// For a client, which was told the hash of the contents and must compare it. Errors: those of
// data::Dataset::Open.
absl::StatusOr<data::Dataset> OpenKnownDataset(const Experiment& experiment,
                                               const std::string& known_hash);
// The network for examples of `dataset`.
nn::NetworkSpec NetworkSpecOf(const Experiment& experiment, const data::Dataset& dataset);
data::DealSpec DealSpecOf(const Experiment& experiment);
// How updates of `update_size` entries are encoded (uplink.codec). INVALID_ARGUMENT for entries
// that cannot follow each other.
absl::StatusOr<std::unique_ptr<const codec::Codec>> UplinkCodec(const Experiment& experiment,
                                                                std::size_t update_size);
// What every update of `update_size` trained parameters consists of. The same errors.
absl::StatusOr<UpdateLayout> UpdateLayoutOf(const Experiment& experiment, std::size_t update_size);
// How clients train, before the algorithm adjusts it.
RoundPlan RoundPlanOf(const Experiment& experiment);
// The grid on which updates are summed.
fold::Grid GridOf(const Experiment& experiment);
// How many clients are drawn for a round.
std::uint64_t CohortSize(const Experiment& experiment);
// How a process of the run `run_id` takes its compute slots.
SlotOptions SlotOptionsOf(const Experiment& experiment, absl::string_view run_id);

}  // namespace fedround
