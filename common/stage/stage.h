// What a client does with its update between training and encoding: clips it, or, if it plays an
// adversary, falsifies it. The stages of a run (uplink.stages) act one after the other.
//
// A new stage is one file in `common/stage/stages`; stages/table.h says what to write there.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/plug_in.h"
#include "common/round/types.h"

namespace fedround::stage {

// What is the same for all clients and rounds of a run.
struct Population {
  std::uint64_t seed = 0;
  std::uint64_t clients = 0;
};

// Thread-safe: const once made.
class Stage {
 public:
  virtual ~Stage() = default;

  // Changes the update [Q] (new - old) of `client` in place. What it reports is added to `metrics`,
  // each name beginning with that of the stage. A pure function of the update, the client and the
  // population: whatever process computes it, the result is the same. Entries are finite.
  virtual void Apply(ClientId client, std::span<float> update, Metrics& metrics) const = 0;
};

// `key` is where the experiment names it ("uplink.stages[0]"). INVALID_ARGUMENT for an unknown name
// (with the nearest one) or a bad option.
absl::StatusOr<std::unique_ptr<const Stage>> MakeStage(absl::string_view key, const PlugIn& plug_in,
                                                       const Population& population);

std::span<const PlugInInfo> Stages();

}  // namespace fedround::stage
