// From an experiment to what the coordinator's parts are made with, and the checks that need data,
// cohort and grid together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/algorithm/algorithm.h"
#include "common/config/experiment.h"
#include "common/data/dataset.h"
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

// What was loaded and how it is dealt, in one line for people: "fashion-mnist: 60000 training and
// 10000 test examples, 784 features, 10 classes; 10 clients with 6000 examples each". With the
// layout of images and the number of natural clients where the experiment leaves them open.
std::string DescribeData(const Experiment& experiment, const data::Dataset& dataset,
                         const data::Deal& deal);

// What the data calls the clients, by id; views of `dataset`. Empty if it does not, or if the
// partition is not natural.
std::vector<absl::string_view> NamesOfClients(const Experiment& experiment,
                                              const data::Dataset& dataset);

// How each vector of an update is decoded. Errors: those of UplinkCodec.
absl::StatusOr<std::vector<SectionFormat>> SectionsOf(const Experiment& experiment,
                                                      const UpdateLayout& layout);

// INVALID_ARGUMENT, with the key, for a cohort whose updates, where they are kept, take more than
// limits.kept_updates_bytes.
absl::Status CheckKept(const Experiment& experiment, const UpdateLayout& layout);

// INVALID_ARGUMENT unless every client's weight fits into the sums of a cohort.
absl::Status CheckWeights(const Experiment& experiment, const data::Deal& deal);

// INVALID_ARGUMENT unless the recorded sets fit this experiment: as many rounds, and only clients
// of its cohorts.
absl::Status CheckReplay(const Experiment& experiment,
                         const std::vector<std::vector<ClientId>>& replay);

}  // namespace fedround::coordinator
