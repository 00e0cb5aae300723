#include "client/update_pipeline.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/status_macros.h"
#include "common/config/specs.h"
#include "common/fold/grid.h"

namespace fedround::client {
namespace {

// What a client remembers of its last update.
constexpr absl::string_view kLeftOut = "left_out";

// What is clamped to this share of fold.max_abs stays within it, however a codec rounds.
constexpr double kWithinAnyRounding = 1 - 0x1p-8;

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
  return UpdatePipeline(GridOf(experiment), experiment.uplink.error_feedback, std::move(stages),
                        std::move(codec));
}

absl::StatusOr<std::span<const std::byte>> UpdatePipeline::Encode(
    std::span<float> update, std::span<const ExtraVector> extra, PayloadMemory& memory,
    ClientState& state, UpdateHeader& header) const {
  for (const auto& stage : stages_) stage->Apply(header.client, update, header.metrics);
  std::span<float> left_out;
  if (error_feedback_) left_out = AddLeftOut(update, state, header.ask);
  std::span<const std::byte> payload = std::as_bytes(update);
  if (!codec_->facts().verbatim) {
    const absl::Status encoded = codec_->Encode(update, memory.encoded);
    if (!encoded.ok()) {
      return absl::OutOfRangeError(absl::StrCat(
          "its update cannot be encoded as ", encoded.message(), "; choose another uplink.codec"));
    }
    payload = memory.encoded;
  }
  const std::span<const float> decoded = Decoded(update, payload, memory);
  RETURN_IF_ERROR(CheckFits(update, decoded));
  for (std::size_t i = 0; i < left_out.size(); ++i) left_out[i] -= decoded[i];
  header.sections = {{.name = std::string(kUpdateSection),
                      .codec = std::string(codec_->name()),
                      .elements = update.size(),
                      .bytes = payload.size()}};
  if (!extra.empty()) {
    ASSIGN_OR_RETURN(payload, Append(extra, payload, memory, header));
  }
  header.checksum = Xxh3(payload);
  return payload;
}

absl::StatusOr<std::span<const std::byte>> UpdatePipeline::Append(
    std::span<const ExtraVector> extra, std::span<const std::byte> payload, PayloadMemory& memory,
    UpdateHeader& header) const {
  if (payload.data() != memory.encoded.data()) {
    memory.encoded.assign(payload.begin(), payload.end());
  }
  for (const ExtraVector& vector : extra) {
    if (const absl::Status off = fold::CheckOnGrid(vector.values, grid_); !off.ok()) {
      return absl::OutOfRangeError(
          absl::StrCat("\"", vector.name, "\", which it sends with its update: ", off.message()));
    }
    const std::span<const std::byte> bytes = std::as_bytes(vector.values);
    memory.encoded.insert(memory.encoded.end(), bytes.begin(), bytes.end());
    header.sections.push_back({.name = vector.name,
                               .codec = std::string(kFloat32Codec),
                               .elements = vector.values.size(),
                               .bytes = bytes.size()});
  }
  return memory.encoded;
}

// Stages the whole sum first, from which what is sent is then taken away. An entry that has grown
// beyond the grid is sent in parts: otherwise it would be refused, remembered, and refused again.
std::span<float> UpdatePipeline::AddLeftOut(std::span<float> update, ClientState& state,
                                            AskId ask) const {
  const std::span<const float> before = state.Find(kLeftOut);
  const std::span<float> sum = state.Stage(ask, kLeftOut, update.size());
  const auto limit = static_cast<float>(grid_.max_abs * kWithinAnyRounding);
  for (std::size_t i = 0; i < update.size(); ++i) {
    sum[i] = before.empty() ? update[i] : update[i] + before[i];
    update[i] = std::clamp(sum[i], -limit, limit);
  }
  return sum;
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
  if (stages_.empty() && codec_->facts().lossless) return absl::OkStatus();  // checked before
  if (fold::CheckOnGrid(decoded, grid_).ok()) return absl::OkStatus();
  std::size_t index = 0;
  while (fold::CheckOnGrid(decoded.subspan(index, 1), grid_).ok()) ++index;
  const bool by_codec = decoded[index] != update[index];
  return absl::OutOfRangeError(absl::StrCat(
      "entry ", index, " of its update is ", update[index],
      stages_.empty() ? "" : " after uplink.stages",
      by_codec ? absl::StrCat(", and ", decoded[index], " after uplink.codec ", codec_->name())
               : "",
      ": must be within +-fold.max_abs = ", grid_.max_abs));
}

}  // namespace fedround::client
