// An experiment, fully resolved: what `experiment.proto` describes, as plain values.
//
// The proto's comments are the documentation of the fields; the struct mirrors it one to one. It
// comes from LoadExperiment (TOML) or ParseExperiment (a coordinator's Welcome), both of which
// check every range and resolve every plug-in against its table.
//
// A new key is a field of the proto and, here, a member and its line in Keys of the section; a test
// then requires a probe that notices when the key is ignored (tests/system/keys). Keys and Sections
// call visit(const char* name, T& member) for each, with const members if the experiment is const.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/cpu/simd.h"
#include "common/base/plug_in.h"
#include "common/config/choices.h"
#include "common/data/image_layout.h"
#include "common/kernels/activations/activation_kernel.h"
#include "common/nn/preset.h"

namespace fedround {

struct Experiment {
  struct Run {
    std::string name;
    std::uint32_t rounds = 0;
    std::uint64_t seed = 0;

    template <typename Self, typename Visit>
    static void Keys(Self& self, Visit&& visit) {
      visit("name", self.name);
      visit("rounds", self.rounds);
      visit("seed", self.seed);
    }
  } run;
  struct Data {
    PlugIn name;
    PlugIn partition;
    double validation = 0;
    double scale = 1;
    std::uint32_t examples_per_client = 0;
    double label_noise = 0;
    std::string sha256;  // empty: any
    data::ImageLayout layout = data::ImageLayout::kAuto;
    NaturalClients clients = NaturalClients::kAll;

    template <typename Self, typename Visit>
    static void Keys(Self& self, Visit&& visit) {
      visit("name", self.name);
      visit("partition", self.partition);
      visit("validation", self.validation);
      visit("scale", self.scale);
      visit("examples_per_client", self.examples_per_client);
      visit("label_noise", self.label_noise);
      visit("sha256", self.sha256);
      visit("layout", self.layout);
      visit("clients", self.clients);
    }
  } data;
  struct Model {
    nn::Preset preset = nn::Preset::kMlp;
    std::vector<std::uint32_t> hidden;
    PlugIn activation;
    PlugIn initialiser;
    std::string initial_weights;  // empty: none
    std::string initial_weights_sha256;
    std::vector<PlugIn> layer;
    std::vector<std::string> freeze;
    bool skip_zeros = true;
    SimdChoice simd = SimdChoice::kAuto;
    kernels::ActivationKernel activation_kernel = kernels::ActivationKernel::kFast;
    bool flush_to_zero = false;

    template <typename Self, typename Visit>
    static void Keys(Self& self, Visit&& visit) {
      visit("preset", self.preset);
      visit("hidden", self.hidden);
      visit("activation", self.activation);
      visit("initialiser", self.initialiser);
      visit("initial_weights", self.initial_weights);
      visit("initial_weights_sha256", self.initial_weights_sha256);
      visit("layer", self.layer);
      visit("freeze", self.freeze);
      visit("skip_zeros", self.skip_zeros);
      visit("simd", self.simd);
      visit("activation_kernel", self.activation_kernel);
      visit("flush_to_zero", self.flush_to_zero);
    }
  } model;
  struct Training {
    std::uint32_t epochs = 1;
    std::uint32_t batch_size = 0;
    double learning_rate = 0;
    double momentum = 0;
    double weight_decay = 0;
    Timing timing = Timing::kSplit;

    template <typename Self, typename Visit>
    static void Keys(Self& self, Visit&& visit) {
      visit("epochs", self.epochs);
      visit("batch_size", self.batch_size);
      visit("learning_rate", self.learning_rate);
      visit("momentum", self.momentum);
      visit("weight_decay", self.weight_decay);
      visit("timing", self.timing);
    }
  } training;
  struct Federation {
    std::uint32_t clients = 0;  // 0: as many as the data has (SettleClients)
    std::uint32_t cohort = 0;   // 0: all
    PlugIn algorithm;
    Weighting weighting = Weighting::kExamples;
    double deadline_s = 0;
    std::uint32_t min_updates = 0;
    double dropout = 0;
    double join_deadline_s = 0;
    std::uint32_t target_updates = 0;  // 0: all
    OnTooFew on_too_few = OnTooFew::kStop;
    std::uint32_t max_abandoned = 0;
    ClientStateIn client_state = ClientStateIn::kMemory;

    template <typename Self, typename Visit>
    static void Keys(Self& self, Visit&& visit) {
      visit("clients", self.clients);
      visit("cohort", self.cohort);
      visit("algorithm", self.algorithm);
      visit("weighting", self.weighting);
      visit("deadline_s", self.deadline_s);
      visit("min_updates", self.min_updates);
      visit("dropout", self.dropout);
      visit("join_deadline_s", self.join_deadline_s);
      visit("target_updates", self.target_updates);
      visit("on_too_few", self.on_too_few);
      visit("max_abandoned", self.max_abandoned);
      visit("client_state", self.client_state);
    }
  } federation;
  struct Uplink {
    std::vector<PlugIn> stages;
    std::vector<PlugIn> codec;
    bool error_feedback = true;

    template <typename Self, typename Visit>
    static void Keys(Self& self, Visit&& visit) {
      visit("stages", self.stages);
      visit("codec", self.codec);
      visit("error_feedback", self.error_feedback);
    }
  } uplink;
  struct Evaluation {
    std::uint32_t every = 1;
    EvaluateWhen when = EvaluateWhen::kBeside;
    bool federated = false;

    template <typename Self, typename Visit>
    static void Keys(Self& self, Visit&& visit) {
      visit("every", self.every);
      visit("when", self.when);
      visit("federated", self.federated);
    }
  } evaluation;
  struct Launch {
    Driver driver = Driver::kGrpc;
    std::uint32_t processes = 0;
    std::uint32_t slots = 0;
    bool pin = false;
    SlotsScope slots_scope = SlotsScope::kMachine;
    std::vector<std::string> client_command;  // empty: fedround-client

    template <typename Self, typename Visit>
    static void Keys(Self& self, Visit&& visit) {
      visit("driver", self.driver);
      visit("processes", self.processes);
      visit("slots", self.slots);
      visit("pin", self.pin);
      visit("slots_scope", self.slots_scope);
      visit("client_command", self.client_command);
    }
  } launch;
  struct Fold {
    std::uint32_t scale_bits = 0;
    double max_abs = 0;
    std::uint64_t max_total_weight = 0;

    template <typename Self, typename Visit>
    static void Keys(Self& self, Visit&& visit) {
      visit("scale_bits", self.scale_bits);
      visit("max_abs", self.max_abs);
      visit("max_total_weight", self.max_total_weight);
    }
  } fold;
  struct Limits {
    std::uint64_t upload_buffer_bytes = 0;
    std::uint64_t chunk_bytes = 0;
    std::uint64_t max_parameters = 0;
    double stall_s = 0;
    std::uint64_t kept_updates_bytes = 0;

    template <typename Self, typename Visit>
    static void Keys(Self& self, Visit&& visit) {
      visit("upload_buffer_bytes", self.upload_buffer_bytes);
      visit("chunk_bytes", self.chunk_bytes);
      visit("max_parameters", self.max_parameters);
      visit("stall_s", self.stall_s);
      visit("kept_updates_bytes", self.kept_updates_bytes);
    }
  } limits;
  struct Ledger {
    bool enabled = true;
    bool health = false;

    template <typename Self, typename Visit>
    static void Keys(Self& self, Visit&& visit) {
      visit("enabled", self.enabled);
      visit("health", self.health);
    }
  } ledger;

  template <typename Self, typename Visit>
  static void Sections(Self& self, Visit&& visit) {
    visit("run", self.run);
    visit("data", self.data);
    visit("model", self.model);
    visit("training", self.training);
    visit("federation", self.federation);
    visit("uplink", self.uplink);
    visit("evaluation", self.evaluation);
    visit("launch", self.launch);
    visit("fold", self.fold);
    visit("limits", self.limits);
    visit("ledger", self.ledger);
  }
};

// Reads `path`, what it extends, then `overrides` ("model.hidden=[64]", in order).
// Errors: NOT_FOUND for a missing file; INVALID_ARGUMENT for anything wrong in it, with file, line,
// column, key, value, the limit and, for an unknown key or name, the nearest one.
absl::StatusOr<Experiment> LoadExperiment(const std::string& path,
                                          std::span<const std::string> overrides);
// The same from text; errors have `name` in place of the path. `extends` is relative to the working
// folder.
absl::StatusOr<Experiment> ParseExperimentToml(absl::string_view text, absl::string_view name,
                                               std::span<const std::string> overrides);

// To and from the bytes of a fedround.v1.Experiment. Parsing checks as much as loading does.
std::string SerializeExperiment(const Experiment& experiment);
absl::StatusOr<Experiment> ParseExperiment(absl::string_view serialized);

// What SerializeExperiment gave when a program wrote `path` with ExperimentToToml, though it knew
// fewer keys than this one: the bytes of the keys that are in the file. Errors: as
// LoadExperiment, but no range is checked.
absl::StatusOr<std::string> SerializeAsWritten(const std::string& path);

// TOML that loads to the same experiment; with `comments`, each key's documentation, default, range
// and unit above it.
std::string ExperimentToToml(const Experiment& experiment, bool comments);

}  // namespace fedround
