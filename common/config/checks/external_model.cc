#include "common/config/checks/external_model.h"

#include <algorithm>
#include <initializer_list>
#include <type_traits>

#include "absl/strings/str_cat.h"

namespace fedround::config {
namespace {

constexpr absl::string_view kIfExternal = " if model.preset = \"external\": ";

// Refuses the keys of a section that have another value than usual, except those in `used`.
template <typename Section>
void MustBeUsual(absl::string_view name, const Section& given, const Section& usual,
                 std::initializer_list<absl::string_view> used, absl::string_view why,
                 Problems& problems) {
  Section::Keys(given, [&]<typename Value>(absl::string_view key, const Value& value) {
    if (std::ranges::find(used, key) != used.end()) return;
    Section::Keys(usual, [&]<typename Other>(absl::string_view other, const Other& usual_value) {
      if constexpr (std::is_same_v<Value, Other>) {
        if (key != other || value == usual_value) return;
        problems.AddKey(absl::StrCat(name, ".", key),
                        absl::StrCat("must be left out", kIfExternal, why));
      }
    });
  });
}

}  // namespace

void CheckExternalModel(const Experiment& experiment, const Experiment& usual, Problems& problems) {
  constexpr absl::string_view kNoNetwork = "fedround has no network then";
  MustBeUsual("data", experiment.data, usual.data, {}, "its clients have data of their own",
              problems);
  MustBeUsual("model", experiment.model, usual.model,
              {"preset", "initial_weights", "initial_weights_sha256", "freeze", "simd"}, kNoNetwork,
              problems);
  MustBeUsual("training", experiment.training, usual.training,
              {"epochs", "batch_size", "learning_rate", "momentum", "weight_decay"}, kNoNetwork,
              problems);
  MustBeUsual("ledger", experiment.ledger, usual.ledger, {"enabled"}, kNoNetwork, problems);
  if (experiment.model.initial_weights.empty()) {
    problems.AddKey("model.initial_weights",
                    absl::StrCat("must name a safetensors file", kIfExternal,
                                 "it says which tensors the model has, and where they start"));
  }
  if (!experiment.evaluation.federated) {
    problems.Add("evaluation.federated", "false",
                 absl::StrCat("must be true", kIfExternal, "only its clients can score the model"));
  }
  if (experiment.launch.driver != Driver::kGrpc) {
    problems.Add("launch.driver", "\"in_process\"",
                 absl::StrCat("must be \"grpc\"", kIfExternal,
                              "clients in this process train networks of fedround's own only"));
  }
}

}  // namespace fedround::config
