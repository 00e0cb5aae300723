// From the difference that training made to the payload of an answer: stages, then the codec.
//
//   trained - model -> stages (uplink.stages, in order) -> codec (uplink.codec) -> payload
//                                                       ^       |
//                                                       +-------+  what the codec left out the last
//                                                                  time (uplink.error_feedback)
// What the coordinator would refuse is found here, where the reason is known: an update that a codec
// may have changed is decoded again, and checked against the grid.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/aligned_buffer.h"
#include "common/codec/codec.h"
#include "common/config/experiment.h"
#include "common/fold/grid.h"
#include "common/round/client_state.h"
#include "common/round/types.h"
#include "common/stage/stage.h"

namespace fedround::client {

// A vector that follows the update as it is.
struct ExtraVector {
  std::string name;
  std::span<const float> values;
};

// A thread's memory for payloads: allocated when it is first needed, kept until Clear of the bench.
struct PayloadMemory {
  std::vector<std::byte> encoded;
  FloatBuffer decoded;
};

// Thread-safe: const once made.
class UpdatePipeline {
 public:
  // For updates of `update_size` entries. INVALID_ARGUMENT for a codec or a stage that does not
  // exist or does not fit.
  static absl::StatusOr<UpdatePipeline> Create(const Experiment& experiment,
                                               std::size_t update_size);

  // Whether a client must remember something from task to task: then its state is settled before.
  bool remembers() const { return error_feedback_; }

  // Applies the stages to `update` [Q] in place and encodes it; `extra` follows. Adds the stages'
  // metrics, the sections and the checksum to the header; returns the payload, which is in `memory`
  // or is the update itself.
  // Stages in `state` what the client has to remember.
  // OUT_OF_RANGE, with what to change, if an entry of what would be folded is beyond
  // +-fold.max_abs, or cannot be encoded. The entries of `update` are finite.
  absl::StatusOr<std::span<const std::byte>> Encode(std::span<float> update,
                                                    std::span<const ExtraVector> extra,
                                                    PayloadMemory& memory, ClientState& state,
                                                    UpdateHeader& header) const;

 private:
  UpdatePipeline(const fold::Grid& grid, bool error_feedback,
                 std::vector<std::unique_ptr<const stage::Stage>> stages,
                 std::unique_ptr<const codec::Codec> codec)
      : grid_(grid),
        stages_(std::move(stages)),
        codec_(std::move(codec)),
        error_feedback_(error_feedback && codec_->facts().biased) {}

  // Puts `extra` behind `payload`, in the memory, and adds their sections.
  absl::StatusOr<std::span<const std::byte>> Append(std::span<const ExtraVector> extra,
                                                    std::span<const std::byte> payload,
                                                    PayloadMemory& memory,
                                                    UpdateHeader& header) const;
  // Adds what was left out the last time; returns the staged vector, which holds the sum.
  std::span<float> AddLeftOut(std::span<float> update, ClientState& state, AskId ask) const;

  // What the coordinator will decode: `update` itself, or in `memory`.
  std::span<const float> Decoded(std::span<const float> update, std::span<const std::byte> payload,
                                 PayloadMemory& memory) const;
  absl::Status CheckFits(std::span<const float> update, std::span<const float> decoded) const;

  fold::Grid grid_;
  std::vector<std::unique_ptr<const stage::Stage>> stages_;
  std::unique_ptr<const codec::Codec> codec_;
  bool error_feedback_;
};

}  // namespace fedround::client
