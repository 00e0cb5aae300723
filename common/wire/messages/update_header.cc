#include "common/wire/messages/update_header.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/wire/message.h"
#include "fedround/v1/federation.pb.h"

namespace fedround::wire {
namespace {

// The largest metric: losses and shares come from float32, and no sum of them over a cohort,
// weighted by examples, may leave the range of a double.
constexpr double kLargestMetric = std::numeric_limits<float>::max();

absl::StatusOr<std::vector<Section>> ParseSections(const v1::UpdateHeader& message) {
  if (static_cast<std::size_t>(message.sections_size()) > kMaxSections) {
    return absl::InvalidArgumentError(absl::StrCat(
        "UpdateHeader.sections: ", message.sections_size(), " sections, at most ", kMaxSections));
  }
  std::vector<Section> sections;
  std::uint64_t room = std::numeric_limits<std::uint64_t>::max();
  for (const v1::Section& section : message.sections()) {
    RETURN_IF_ERROR(CheckLength("UpdateHeader.sections.name", section.name(), kMaxName));
    RETURN_IF_ERROR(CheckLength("UpdateHeader.sections.codec", section.codec(), kMaxName));
    if (section.bytes() > room) {
      return absl::InvalidArgumentError(absl::StrCat("UpdateHeader.sections \"", section.name(),
                                                     "\": the sum of bytes exceeds 64 bits"));
    }
    room -= section.bytes();
    sections.push_back({section.name(), section.codec(), section.elements(), section.bytes()});
  }
  return sections;
}

absl::StatusOr<Scalars> ParseScalars(const v1::UpdateHeader& message) {
  if (message.scalars().size() > kMaxScalars) {
    return absl::InvalidArgumentError(absl::StrCat(
        "UpdateHeader.scalars: ", message.scalars().size(), " scalars, at most ", kMaxScalars));
  }
  Scalars scalars;
  for (const auto& [name, value] : message.scalars()) {
    RETURN_IF_ERROR(CheckLength("UpdateHeader.scalars", name, kMaxName));
    scalars.emplace(name, value);
  }
  return scalars;
}

absl::StatusOr<Metrics> ParseMetrics(const v1::UpdateHeader& message) {
  if (message.metrics().size() > kMaxMetrics) {
    return absl::InvalidArgumentError(absl::StrCat(
        "UpdateHeader.metrics: ", message.metrics().size(), " metrics, at most ", kMaxMetrics));
  }
  Metrics metrics;
  for (const auto& [name, value] : message.metrics()) {
    RETURN_IF_ERROR(CheckLength("UpdateHeader.metrics", name, kMaxName));
    if (!(std::abs(value) <= kLargestMetric)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "UpdateHeader.metrics \"", name, "\" = ", value, ": must be within +-", kLargestMetric));
    }
    metrics.emplace(name, value);
  }
  return metrics;
}

// These names are written to health.csv as they are.
absl::Status CheckHealthName(absl::string_view field, absl::string_view name) {
  RETURN_IF_ERROR(CheckLength(field, name, kMaxName));
  const bool plain = std::ranges::all_of(
      name, [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_' || c == '.'; });
  if (plain) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(field, " \"", absl::CHexEscape(name),
                                                 "\": must be letters, digits, '_' and '.'"));
}

absl::StatusOr<std::vector<HealthValue>> ParseHealth(const v1::UpdateHeader& message) {
  if (static_cast<std::size_t>(message.health_size()) > kMaxHealthValues) {
    return absl::InvalidArgumentError(absl::StrCat("UpdateHeader.health: ", message.health_size(),
                                                   " values, at most ", kMaxHealthValues));
  }
  std::vector<HealthValue> health;
  std::set<std::pair<std::string, std::string>> seen;  // layer, quantity
  for (const v1::HealthValue& of : message.health()) {
    RETURN_IF_ERROR(CheckHealthName("UpdateHeader.health.layer", of.layer()));
    RETURN_IF_ERROR(CheckHealthName("UpdateHeader.health.quantity", of.quantity()));
    if (!seen.emplace(of.layer(), of.quantity()).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("UpdateHeader.health: ", of.layer(), " ", of.quantity(), " occurs twice"));
    }
    health.push_back({of.layer(), of.quantity(), of.value()});
  }
  return health;
}

}  // namespace

std::string SerializeUpdateHeader(const UpdateHeader& header) {
  v1::UpdateChunk chunk;
  v1::UpdateHeader& message = *chunk.mutable_header();
  message.set_protocol_version(header.protocol_version);
  message.set_run_id(header.run_id);
  message.set_incarnation(header.incarnation);
  message.set_ask(header.ask);
  message.set_client(header.client);
  message.set_model_id(header.model_id);
  for (const Section& section : header.sections) {
    v1::Section& added = *message.add_sections();
    added.set_name(section.name);
    added.set_codec(section.codec);
    added.set_elements(section.elements);
    added.set_bytes(section.bytes);
  }
  message.set_weight(header.weight);
  message.mutable_scalars()->insert(header.scalars.begin(), header.scalars.end());
  message.mutable_metrics()->insert(header.metrics.begin(), header.metrics.end());
  for (const HealthValue& of : header.health) {
    v1::HealthValue& added = *message.add_health();
    added.set_layer(of.layer);
    added.set_quantity(of.quantity);
    added.set_value(of.value);
  }
  if (header.checksum.has_value()) message.set_checksum(*header.checksum);
  message.set_sent_ns(header.sent_ns);
  return chunk.SerializeAsString();
}

absl::StatusOr<UpdateHeader> ParseUpdateHeader(absl::string_view bytes) {
  v1::UpdateHeader message;
  RETURN_IF_ERROR(ParseMessage(bytes, "UpdateHeader", message));
  RETURN_IF_ERROR(CheckLength("UpdateHeader.run_id", message.run_id(), kMaxRunId));
  UpdateHeader header;
  ASSIGN_OR_RETURN(header.sections, ParseSections(message));
  ASSIGN_OR_RETURN(header.scalars, ParseScalars(message));
  ASSIGN_OR_RETURN(header.metrics, ParseMetrics(message));
  ASSIGN_OR_RETURN(header.health, ParseHealth(message));
  header.protocol_version = message.protocol_version();
  header.run_id = message.run_id();
  header.incarnation = message.incarnation();
  header.ask = message.ask();
  header.client = message.client();
  header.model_id = message.model_id();
  header.weight = message.weight();
  if (message.has_checksum()) header.checksum = message.checksum();
  if (message.sent_ns() < -kLatestStamp || message.sent_ns() > kLatestStamp) {
    return absl::InvalidArgumentError(
        absl::StrCat("UpdateHeader.sent_ns = ", message.sent_ns(), ": out of range for a clock"));
  }
  header.sent_ns = message.sent_ns();
  return header;
}

}  // namespace fedround::wire
