// From an experiment to what the coordinator's parts are made with, and the checks that need weights,
// cohort and grid together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "common/algorithm/algorithm.h"
#include "common/config/experiment.h"
#include "common/round/types.h"
#include "coordinator/engine/round_engine.h"
#include "coordinator/intake/payload_decoder.h"

namespace fedround::coordinator {

// What to say of a grid on which most of an update may round to zero, so that the run learns little
// or nothing; nothing of a finer one.
std::optional<std::string> CoarseGridNotice(const Experiment& experiment);
// A warning if the final model depends on which clients come first.
std::optional<std::string> TimingMattersNotice(const Experiment& experiment, bool replayed);

EngineOptions MakeEngineOptions(const Experiment& experiment, const algorithm::Server& algorithm,
                                std::vector<std::vector<ClientId>> replay);

// How many examples a client has; nothing if only the client knows.
using ExamplesOfClients = absl::FunctionRef<std::optional<std::uint64_t>(ClientId client)>;

// How each vector of an update is decoded. Errors: those of UplinkCodec.
absl::StatusOr<std::vector<SectionFormat>> SectionsOf(const Experiment& experiment,
                                                      const UpdateLayout& layout);

// INVALID_ARGUMENT, with the key, for a cohort whose updates, where they are kept, take more than
// limits.kept_updates_bytes, or whose sum of a scalar could overflow.
absl::Status CheckLayout(const Experiment& experiment, const UpdateLayout& layout);

// INVALID_ARGUMENT unless every client's weight, as far as it is known, fits into the sums of a
// cohort.
absl::Status CheckWeights(const Experiment& experiment, ExamplesOfClients examples);

// INVALID_ARGUMENT unless the recorded sets fit this experiment: as many rounds, and only clients
// of its cohorts.
absl::Status CheckReplay(const Experiment& experiment,
                         const std::vector<std::vector<ClientId>>& replay);

}  // namespace fedround::coordinator
