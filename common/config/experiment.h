// An experiment, fully resolved: what `experiment.proto` describes, as plain values.
//
// The proto's comments are the documentation of the fields; the struct mirrors it one to one. Made
// by LoadExperiment (from TOML) or ParseExperiment (from a coordinator's Welcome), both of which
// have checked every range and resolved every plug-in against its table.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/plug_in.h"

namespace fedround {

struct Experiment {
  struct Run {
    std::string name;
    std::uint32_t rounds = 0;
    std::uint64_t seed = 0;
  } run;
  struct Data {
    PlugIn name;
    PlugIn partition;
    double validation = 0;
    double scale = 1;
    std::uint32_t examples_per_client = 0;
    double label_noise = 0;
    std::string sha256;  // empty: any
    std::string layout = "auto";
    std::string clients = "all";
  } data;
  struct Model {
    std::string preset;
    std::vector<std::uint32_t> hidden;
    PlugIn activation;
    PlugIn init;
    std::string initial;  // empty: none
    std::string initial_sha256;
    std::vector<PlugIn> layer;
    std::vector<std::string> freeze;
    bool skip_zeros = true;
    std::string simd = "auto";
    std::string activation_kernel = "fast";
    bool flush_to_zero = false;
  } model;
  struct Training {
    std::uint32_t epochs = 1;
    std::uint32_t batch_size = 0;
    double learning_rate = 0;
    double momentum = 0;
    double weight_decay = 0;
    std::string timing;
  } training;
  struct Federation {
    std::uint32_t clients = 0;  // 0: as many as the data has (SettleClients)
    std::uint32_t cohort = 0;   // 0: all
    PlugIn algorithm;
    std::string weighting;
    double deadline_s = 0;
    std::uint32_t min_updates = 0;
    double dropout = 0;
    double join_deadline_s = 0;
  } federation;
  struct Evaluation {
    std::uint32_t every = 1;
    std::string when;
    bool federated = false;
  } evaluation;
  struct Launch {
    std::string driver;
    std::uint32_t processes = 0;
    std::uint32_t slots = 0;
    bool pin = false;
    std::string slots_scope;
  } launch;
  struct Fold {
    std::uint32_t scale_bits = 0;
    double max_abs = 0;
    std::uint64_t max_total_weight = 0;
  } fold;
  struct Limits {
    std::uint64_t upload_buffer_bytes = 0;
    std::uint64_t chunk_bytes = 0;
    std::uint64_t max_parameters = 0;
    double stall_s = 0;
  } limits;
  struct Ledger {
    bool enabled = true;
    bool health = false;
  } ledger;
};

// Reads `path`, what it extends, then `overrides` ("model.hidden=[64]", in order).
// Errors: NOT_FOUND for a missing file; INVALID_ARGUMENT for anything wrong in it, with file, line,
// column, key, value, the limit and, for an unknown key or name, the nearest one.
absl::StatusOr<Experiment> LoadExperiment(const std::string& path,
                                          std::span<const std::string> overrides);
// The same from text; `name` stands where the path would in errors. `extends` is relative to the
// working folder.
absl::StatusOr<Experiment> ParseExperimentToml(absl::string_view text, absl::string_view name,
                                               std::span<const std::string> overrides);

// To and from the bytes of a fedround.v1.Experiment. Parsing checks as much as loading does.
std::string SerializeExperiment(const Experiment& experiment);
absl::StatusOr<Experiment> ParseExperiment(absl::string_view serialized);

// What SerializeExperiment gave when a program wrote `path` with ExperimentToToml, though it knew
// fewer keys than this one: the bytes of the keys that stand in the file. Errors: as
// LoadExperiment, but no range is checked.
absl::StatusOr<std::string> SerializeAsWritten(const std::string& path);

// TOML that loads to the same experiment; with `comments`, each key's documentation, default, range
// and unit above it.
std::string ExperimentToToml(const Experiment& experiment, bool comments);

}  // namespace fedround
