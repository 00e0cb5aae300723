// Every key of the configuration does something, from the file to the end of a run.
//
// For each key there is a probe: another value, and a look at what must differ with it. A key
// without a probe fails the test; to add one, write its line in kProbes. A new kind of look belongs
// in look.h (runs in this process), by_hand.h (with a driver of the test) or by_command.h (with
// processes).
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/base/measure/resource_usage.h"
#include "common/config/experiment.h"
#include "common/nn/safetensors.h"
#include "tests/common/data/data_files.h"
#include "tests/system/keys/by_command.h"
#include "tests/system/keys/by_hand.h"
#include "tests/system/keys/look.h"

namespace fedround::testing {
namespace {

struct Probe {
  const char* key;
  std::string value;
  Look look;
  Overrides (*base)() = [] { return Overrides(); };  // an experiment in which the key matters
  // What this machine lacks that it takes to see the key: then there is nothing to look at. "": nothing.
  const char* (*lacks)() = [] { return ""; };
};

// ---- experiments in which a key matters ----

template <typename... Texts>
Overrides List(const Texts&... texts) {
  return {texts...};
}

// Images of 3 x 2 x 5 bytes, which can be read in two ways.
Overrides Images() {
  const std::string folder = EmptyFolder("images");
  std::string pixels(8 * 30, '\0');
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<char>(i * 37 % 251);
  const std::string labels = std::string("\0\1\0\1\0\1\0\1", 8);
  for (const std::string split : {"train", "t10k"}) {
    data::WriteAll(folder + "/" + split + "-images-idx3-ubyte",
                   data::IdxFile({8, 3, 2, 5}, pixels));
    data::WriteAll(folder + "/" + split + "-labels-idx1-ubyte", data::IdxFile({8}, labels));
  }
  return {"data.name={name = \"idx\", path = \"" + folder + "\"}", "federation.clients=2"};
}

// Two clients of the data, one of which is left out.
Overrides OneNaturalClient() {
  return {
      "data.name={name = \"npz\", path = \"" + data::GoldenPath("data_float64_clients.npz") + "\"}",
      "data.partition=natural", "federation.clients=1", "federation.cohort=1"};
}

std::string OtherWeights() {
  static const std::string path = [] {
    const std::string folder = EmptyFolder("source");
    EXPECT_EQ(RunExperiment(Tiny({"run.seed=11"}), {}, folder).verdict.outcome, RunOutcome::kDone);
    return folder + "/model.safetensors";
  }();
  return path;
}

// A hidden layer of denormal weights that is not trained, and an output layer whose results are of
// ordinary size.
Overrides DenormalWeights() {
  const std::string path = EmptyFolder("denormal") + "/model.safetensors";
  const auto coordinator = CoordinatorOf({});
  std::vector<float> parameters;
  for (const TensorSpec& spec : coordinator->tensors()) {
    for (std::size_t i = 0; i < spec.elements(); ++i) {
      const float sign = i % 3 == 0 ? -1.0F : 1.0F;
      const bool bias = spec.shape.size() == 1;
      parameters.push_back(bias ? 0.0F : sign * (spec.name == "output.weight" ? 1e38F : 1e-39F));
    }
  }
  EXPECT_TRUE(nn::WriteSafetensors(path, coordinator->tensors(), parameters).ok());
  return {"model.initial_weights='" + path + "'", "model.freeze=[\"hidden1\"]"};
}

// ---- one line per key ----

const std::vector<Probe>& Probes() {
  static const std::vector<Probe> kProbes = {
      {"run.name", "another", NewFolderName,
       [] { return List("launch.driver=in_process", "run.rounds=0"); }},
      {"run.rounds", "5", FinalModel},
      {"run.seed", "8", FinalModel},

      {"data.name", "{name = \"blobs\", classes = 3, features = 12, train = 240}", FinalModel},
      {"data.partition", "dirichlet", FinalModel},
      {"data.validation", "0.2", FinalModel},
      {"data.scale", "0.5", FinalModel},
      {"data.examples_per_client", "20", FinalModel},
      {"data.label_noise", "0.3", FinalModel},
      {"data.sha256", std::string(64, 'a'), Ending},
      {"data.layout", "nhwc", FinalModel, Images},
      {"data.clients", "first", Ending, OneNaturalClient},

      {"model.preset", "linear", FinalModel},
      {"model.hidden", "[17]", FinalModel},
      {"model.activation", "gelu", FinalModel},
      {"model.initialiser", "xavier", FinalModel},
      {"model.initial_weights", "'" + OtherWeights() + "'", FinalModel},
      {"model.initial_weights_sha256", std::string(64, 'a'), Ending,
       [] { return List("model.initial_weights='" + OtherWeights() + "'"); }},
      {"model.layer", "[{name = \"dense\", units = 7}]", FinalModel,
       [] { return List("model.preset=custom", "model.layer=[{name = \"dense\", units = 8}]"); }},
      {"model.freeze", "[\"hidden1\"]", FinalModel},
      {"model.skip_zeros", "false", SkipsZeros},
      {"model.simd", "sse2", ModelOfProcesses, [] { return List("launch.processes=1"); },
       [] { return BestSimdLevel() > SimdLevel::kSse2 ? "" : "a second SIMD level"; }},
      {"model.activation_kernel", "scalar", FinalModel,
       [] { return List("model.activation=gelu"); }},
      {"model.flush_to_zero", "true", FinalModel, DenormalWeights},

      {"training.epochs", "2", FinalModel},
      {"training.batch_size", "7", FinalModel},
      {"training.learning_rate", "0.05", FinalModel},
      {"training.momentum", "0.9", FinalModel},
      {"training.weight_decay", "0.1", FinalModel},
      {"training.timing", "fused", ForwardPhases},

      {"federation.clients", "6", FinalModel},
      {"federation.cohort", "3", FinalModel},
      {"federation.algorithm", "{name = \"fedprox\", mu = 1}", FinalModel},
      // Seven do not divide 240 examples.
      {"federation.weighting", "uniform", FinalModel, [] { return List("federation.clients=7"); }},
      {"federation.deadline_s", "0.001", Ending,
       [] { return List("training.epochs=3000", "run.rounds=1"); }},
      {"federation.min_updates", "0", Ending, [] { return List("fold.max_abs=1e-6"); }},
      {"federation.dropout", "0.5", FinalModel},
      {"federation.join_deadline_s", "3", PatienceBeforeRoundOne,
       [] { return List("federation.join_deadline_s=0.05", "federation.deadline_s=0.05"); }},
      {"federation.target_updates", "2", FinalModel},
      {"federation.on_too_few", "abandon", Ending, [] { return List("fold.max_abs=1e-6"); }},
      {"federation.max_abandoned", "1", Ending,
       [] { return List("fold.max_abs=1e-6", "federation.on_too_few=abandon"); }},

      {"federation.client_state", "disk", StateFiles,
       [] { return List("federation.algorithm=scaffold"); }},

      {"uplink.stages", "[{name = \"clip\", norm = 0.01}]", FinalModel},
      {"uplink.codec", "[{name = \"topk\", k = 0.2}, \"int8\"]", FinalModel},
      {"uplink.error_feedback", "false", FinalModel,
       [] { return List("uplink.codec=[{name = \"topk\", k = 0.2}]"); }},

      {"evaluation.every", "2", Scores},
      {"evaluation.when", "after", IdleRounds},
      {"evaluation.federated", "true", Scores},

      {"launch.driver", "in_process", Processes, [] { return List("launch.processes=1"); }},
      {"launch.processes", "2", Processes, [] { return List("launch.processes=1"); }},
      {"launch.slots", "2", EndingWithoutSlotZero,
       [] {
         return List("launch.slots=1", "federation.deadline_s=0.4", "run.rounds=1",
                     "evaluation.every=0");
       }},
      {"launch.pin", "true", CoresOfAClient, [] { return Overrides(); },
       [] { return UsableCores() > 1 ? "" : "a second core"; }},
      {"launch.slots_scope", "run", EndingWithoutSlotZero,
       [] {
         return List("launch.slots=1", "federation.deadline_s=0.4", "run.rounds=1",
                     "evaluation.every=0");
       }},
      {"launch.client_command",
       "[\"/bin/sh\", \"-c\", \"echo hello; exec '" FEDROUND_BINARY_DIR
       "/fedround-client' --endpoint '{endpoint}' --clients {clients}\"]",
       IsGreeted, [] { return List("launch.processes=1"); }},

      {"fold.scale_bits", "12", FinalModel},
      {"fold.max_abs", "1e-6", Ending},
      {"fold.max_total_weight", "100", Ending},

      {"limits.upload_buffer_bytes", "0", UploadsAtATime},
      {"limits.chunk_bytes", "4096", Messages,
       [] { return List("launch.processes=2", "model.hidden=[600, 600]"); }},
      {"limits.max_parameters", "10", Ending},
      {"limits.stall_s", "7", StallLimits},
      {"limits.kept_updates_bytes", "1", Ending,
       [] { return List("federation.algorithm=coordinate_median"); }},

      {"ledger.enabled", "false", HasLedger},
      {"ledger.health", "true", HasHealth},
  };
  return kProbes;
}

// All keys, as "section.key".
std::vector<std::string> AllKeys() {
  std::vector<std::string> keys;
  const Experiment experiment;
  Experiment::Sections(experiment, [&]<typename Section>(const char* name, const Section& section) {
    Section::Keys(section, [&](const char* key, const auto&) {
      keys.push_back(absl::StrCat(name, ".", key));
    });
  });
  return keys;
}

class EveryKey : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryKey, MakesADifference) {
  const auto probe = std::ranges::find(Probes(), GetParam(), &Probe::key);
  ASSERT_NE(probe, Probes().end()) << GetParam() << " may be ignored: write its line in kProbes";
  // Not a failure: a machine with one core or one SIMD level computes the same whatever the key says.
  // A second core for launch.pin, a second SIMD level for model.simd: with one there is no
  // difference to see.
  if (*probe->lacks() != '\0') GTEST_SKIP() << "this machine lacks " << probe->lacks();
  const Overrides base = probe->base();
  const std::string before = probe->look(base);
  EXPECT_EQ(probe->look(base), before) << "the look varies by itself";
  EXPECT_NE(probe->look(With(base, absl::StrCat(probe->key, "=", probe->value))), before)
      << GetParam() << " = " << probe->value << " changes nothing";
}

INSTANTIATE_TEST_SUITE_P(Schema, EveryKey, ::testing::ValuesIn(AllKeys()), [](const auto& test) {
  std::string name = test.param;
  std::ranges::replace(name, '.', '_');
  return name;
});

TEST(EveryKey, HasOneProbe) {
  const std::vector<std::string> keys = AllKeys();
  std::vector<std::string> probed;
  for (const Probe& probe : Probes()) probed.emplace_back(probe.key);
  EXPECT_EQ(probed, keys) << "in the order of the schema";
}

}  // namespace
}  // namespace fedround::testing
