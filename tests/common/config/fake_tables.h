// Plug-in tables for tests: what the real ones hold changes, what the configuration does with them
// does not.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/plug_in.h"
#include "common/config/experiment.h"
#include "common/config/load.h"

namespace fedround::config {

inline std::span<const PlugInInfo> FakeTable(absl::string_view table) {
  static const OptionSpec kSlope[] = {{"slope", 0.01, "slope below 0", 0, 1}};
  static const OptionSpec kFile[] = {
      {.name = "path",
       .default_value = std::string(),
       .help = "the file to read",
       .required = true},
      {.name = "shuffle", .default_value = false, .help = "mix the rows"}};
  static const PlugInInfo kDatasets[] = {{"fashion-mnist", "", "", {}}, {"csv", "", "", kFile}};
  static const PlugInInfo kPartitions[] = {{"iid", "", "", {}}};
  static const PlugInInfo kActivations[] = {
      {"relu", "", "", {}}, {"gelu", "", "", {}}, {"leaky_relu", "", "", kSlope}};
  static const PlugInInfo kInitialisers[] = {{"he", "", "", {}}};
  static const OptionSpec kUnits[] = {{"units", 0.0, "outputs", 1, 100}};
  static const PlugInInfo kLayers[] = {{"dense", "", "", kUnits}, {"flatten", "", "", {}}};
  static const OptionSpec kNorm[] = {{"norm", 1.0, "largest norm", 0, 100}};
  static const PlugInInfo kStages[] = {{"clip", "", "", kNorm}};
  // As in the real table: whether these may follow each other is asked there.
  static const OptionSpec kShare[] = {{"k", 0.01, "share that is sent", 1e-9, 1}};
  static const PlugInInfo kCodecs[] = {
      {"float32", "", "", {}}, {"int8", "", "", {}}, {"topk", "", "", kShare}};
  static const PlugInInfo kAlgorithms[] = {{"fedavg", "", "", {}}};
  if (table == "dataset") return kDatasets;
  if (table == "partition") return kPartitions;
  if (table == "activation") return kActivations;
  if (table == "initialiser") return kInitialisers;
  if (table == "layer") return kLayers;
  if (table == "stage") return kStages;
  if (table == "codec") return kCodecs;
  return kAlgorithms;
}

inline absl::StatusOr<Experiment> LoadText(absl::string_view text,
                                           const std::vector<std::string>& overrides = {}) {
  return Load({std::string(text), "x.toml", ""}, overrides, FakeTable);
}

inline std::string ErrorOf(absl::string_view text, const std::vector<std::string>& overrides = {}) {
  return std::string(LoadText(text, overrides).status().message());
}

}  // namespace fedround::config
