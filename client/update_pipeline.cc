#include "client/update_pipeline.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/status_macros.h"
#include "common/config/specs.h"
#include "common/kernels/quantise.h"

namespace fedround::client {
namespace {

// What a client remembers of its last update.
constexpr absl::string_view kLeftOut = "left_out";

void Add(std::span<const float> values, std::span<float> to) {
  for (std::size_t i = 0; i < values.size(); ++i) to[i] += values[i];
}

}  // namespace

absl::StatusOr<UpdatePipeline> UpdatePipeline::Create(const Experiment& experiment,
                                                      std::size_t update_size) {
  const stage::Population population{experiment.run.seed, experiment.federation.clients};
  std::vector<std::unique_ptr<const stage::Stage>> stages;
  for (std::size_t i = 0; i < experiment.uplink.stages.size(); ++i) {
    ASSIGN_OR_RETURN(auto stage, stage::MakeStage(absl::StrCat("uplink.stages[", i, "]"),
                                                  experiment.uplink.stages[i], population));
    stages.push_back(std::move(stage));
  }
  ASSIGN_OR_RETURN(auto codec, UplinkCodec(experiment, update_size));
  return UpdatePipeline(experiment, std::move(stages), std::move(codec));
}

absl::StatusOr<std::span<const std::byte>> UpdatePipeline::Encode(std::span<float> update,
                                                                  PayloadMemory& memory,
                                                                  ClientState& state,
                                                                  UpdateHeader& header) const {
  for (const auto& stage : stages_) stage->Apply(header.client, update, header.metrics);
  if (error_feedback_) Add(state.Find(kLeftOut), update);
  std::span<const std::byte> payload = std::as_bytes(update);
  if (!codec_->facts().verbatim) {
    const absl::Status encoded = codec_->Encode(update, memory.encoded);
    if (!encoded.ok()) {
      return absl::OutOfRangeError(absl::StrCat("its update cannot be encoded as ", codec_->name(),
                                                ": ", encoded.message(),
                                                "; choose another uplink.codec"));
    }
    payload = memory.encoded;
  }
  const std::span<const float> decoded = Decoded(update, payload, memory);
  RETURN_IF_ERROR(CheckFits(update, decoded));
  if (error_feedback_) {
    const std::span<float> left_out = state.Stage(header.round, kLeftOut, update.size());
    for (std::size_t i = 0; i < update.size(); ++i) left_out[i] = update[i] - decoded[i];
  }
  header.sections = {{.name = std::string(kUpdateSection),
                      .codec = std::string(codec_->name()),
                      .elements = update.size(),
                      .bytes = payload.size()}};
  header.checksum = Xxh3(payload);
  return payload;
}

std::span<const float> UpdatePipeline::Decoded(std::span<const float> update,
                                               std::span<const std::byte> payload,
                                               PayloadMemory& memory) const {
  if (codec_->facts().lossless) return update;
  if (memory.decoded.size() != update.size()) memory.decoded = FloatBuffer(update.size());
  const auto decoder = codec_->MakeDecoder(memory.decoded.span());
  CHECK(decoder->Append(payload).ok() && decoder->Finish().ok());
  return std::as_const(memory.decoded).span();
}

absl::Status UpdatePipeline::CheckFits(std::span<const float> update,
                                       std::span<const float> decoded) const {
  // What training made has been looked at.
  if (stages_.empty() && codec_->facts().lossless) return absl::OkStatus();
  if (kernels::AllWithin(decoded, static_cast<float>(max_abs_))) return absl::OkStatus();
  const auto beyond = std::ranges::find_if(
      decoded, [this](float entry) { return !(std::abs(double{entry}) <= max_abs_); });
  const auto index = static_cast<std::size_t>(beyond - decoded.begin());
  return absl::OutOfRangeError(
      absl::StrCat("entry ", index, " of its update is ", update[index], " after uplink.stages",
                   *beyond == update[index]
                       ? ""
                       : absl::StrCat(" and ", *beyond, " after uplink.codec ", codec_->name()),
                   ": must be within +-fold.max_abs = ", max_abs_));
}

}  // namespace fedround::client
