#include "common/config/checks/across_fields.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "common/algorithm/algorithm.h"
#include "common/base/named_enum.h"
#include "common/codec/codec.h"
#include "common/config/specs.h"
#include "common/nn/activations/table.h"

namespace fedround::config {
namespace {

void AtMost(std::uint32_t value, absl::string_view path, std::uint32_t limit,
            absl::string_view limit_path, Problems& problems) {
  if (value <= limit) return;
  problems.Add(path, absl::StrCat(value), absl::StrCat("must be <= ", limit_path, " = ", limit));
}

void CheckFold(const Experiment::Fold& fold, Problems& problems) {
  const double weighted = fold.max_abs * static_cast<double>(fold.max_total_weight);
  if (std::ldexp(weighted, static_cast<int>(fold.scale_bits)) < 0x1p63) return;
  const double max_abs_bits = std::log2(fold.max_abs);
  const double weight_bits = std::log2(static_cast<double>(fold.max_total_weight));
  problems.AddKey(
      "fold",
      absl::StrFormat("a sum may reach 2^scale_bits * max_abs * max_total_weight = "
                      "2^(%d + %.4g + %.4g) = 2^%.6g: must be < 2^63; lower one of the three",
                      fold.scale_bits, max_abs_bits, weight_bits,
                      fold.scale_bits + max_abs_bits + weight_bits));
}

// A stage that is there twice would report under one name.
void CheckStages(const Experiment::Uplink& uplink, Problems& problems) {
  for (std::size_t i = 0; i < uplink.stages.size(); ++i) {
    const auto earlier = std::span(uplink.stages).first(i);
    if (std::ranges::find(earlier, uplink.stages[i].name, &PlugIn::name) == earlier.end()) continue;
    problems.AddKey(absl::StrCat("uplink.stages[", i, "]"),
                    absl::StrCat("\"", uplink.stages[i].name, "\" is there twice"));
  }
}

// Whether the entries may follow each other: that does not depend on the size of the update.
void CheckCodec(const Experiment::Uplink& uplink, Problems& problems) {
  constexpr absl::string_view kKey = "uplink.codec";
  const absl::Status status = codec::MakeCodec(kKey, uplink.codec, 1).status();
  if (status.ok()) return;
  problems.AddKey(std::string(kKey), absl::StripPrefix(status.message(), absl::StrCat(kKey, ": ")));
}

void CheckAlgorithm(const Experiment& experiment, Problems& problems) {
  constexpr absl::string_view kKey = "federation.algorithm";
  const PlugIn& algorithm = experiment.federation.algorithm;
  const absl::Status status = algorithm::CheckAlgorithm(algorithm, RoundPlanOf(experiment));
  if (!status.ok()) {
    return problems.AddKey(std::string(kKey),
                           absl::StripPrefix(status.message(), absl::StrCat(kKey, ": ")));
  }
  const algorithm::Needs needs = algorithm::NeedsOf(algorithm).value();
  const std::uint64_t cohort = experiment.federation.cohort > 0 ? experiment.federation.cohort
                                                                : experiment.federation.clients;
  if (cohort > 0 && cohort < needs.min_answers) {
    problems.AddKey(
        std::string(kKey),
        absl::StrCat("\"", algorithm.name, "\" with these options needs at least ",
                     needs.min_answers, " updates in a round; the cohort has ", cohort));
  }
}

// What a client process needs to be told, or it could not take part.
void CheckClientCommand(const Experiment::Launch& launch, Problems& problems) {
  constexpr absl::string_view kKey = "launch.client_command";
  const std::vector<std::string>& command = launch.client_command;
  if (command.empty()) return;
  if (command.front().empty()) problems.AddKey(absl::StrCat(kKey, "[0]"), "must name a program");
  for (const absl::string_view placeholder : {kEndpointPlaceholder, kClientsPlaceholder}) {
    const bool used = std::ranges::any_of(command, [placeholder](const std::string& argument) {
      return absl::StrContains(argument, placeholder);
    });
    if (used) continue;
    problems.AddKey(std::string(kKey),
                    absl::StrCat("must have ", placeholder, " among its arguments, in place of ",
                                 placeholder == kEndpointPlaceholder
                                     ? "the file that says where the coordinator is"
                                     : "the ids of the clients"));
  }
  if (launch.driver == Driver::kInProcess) {
    problems.AddKey(std::string(kKey), "must be empty if launch.driver = \"in_process\"");
  }
}

// Checks what can be seen of the network without data.
void CheckModel(const Experiment::Model& model, Problems& problems) {
  if (model.initial_weights.empty() && !model.initial_weights_sha256.empty()) {
    problems.Add("model.initial_weights_sha256",
                 absl::StrCat("\"", model.initial_weights_sha256, "\""),
                 "must be empty unless model.initial_weights names a file");
  }
  if (model.preset == nn::Preset::kCustom) {
    if (model.layer.empty()) {
      problems.Add("model.preset", "\"custom\"", "needs at least one [[model.layer]]");
    }
    return;
  }
  if (model.preset == nn::Preset::kLinear || model.preset == nn::Preset::kExternal) return;
  const std::string path = "model.activation_kernel";
  const absl::Status made =
      nn::MakeActivation("model.activation", model.activation, model.activation_kernel).status();
  absl::string_view what = made.message();
  const std::string value = absl::StrCat("\"", NameOf(model.activation_kernel), "\"");
  if (absl::ConsumePrefix(&what, absl::StrCat(path, " = ", value, ": "))) {
    problems.Add(path, value, what);
  }
}

}  // namespace

void CheckAcrossFields(const Experiment& experiment, Problems& problems) {
  const Experiment::Federation& federation = experiment.federation;
  const auto at_most_clients = [&](std::uint32_t value, absl::string_view path) {
    // 0: checked once the number is known from the data.
    if (federation.clients == 0) return;
    AtMost(value, path, federation.clients, "federation.clients", problems);
  };
  at_most_clients(federation.cohort, "federation.cohort");
  if (federation.cohort == 0) {
    at_most_clients(federation.min_updates, "federation.min_updates");
  } else {
    AtMost(federation.min_updates, "federation.min_updates", federation.cohort, "federation.cohort",
           problems);
  }
  if (federation.target_updates > 0) {
    if (federation.cohort == 0) {
      at_most_clients(federation.target_updates, "federation.target_updates");
    } else {
      AtMost(federation.target_updates, "federation.target_updates", federation.cohort,
             "federation.cohort", problems);
    }
    AtMost(federation.min_updates, "federation.min_updates", federation.target_updates,
           "federation.target_updates", problems);
  }
  at_most_clients(experiment.launch.processes, "launch.processes");
  CheckFold(experiment.fold, problems);
  CheckStages(experiment.uplink, problems);
  CheckCodec(experiment.uplink, problems);
  CheckAlgorithm(experiment, problems);
  CheckModel(experiment.model, problems);
  CheckClientCommand(experiment.launch, problems);
  if (experiment.limits.chunk_bytes % sizeof(float) != 0) {
    problems.Add("limits.chunk_bytes", absl::StrCat(experiment.limits.chunk_bytes),
                 "must be a multiple of 4: a parameter is never cut in two");
  }
  if (experiment.ledger.health && !experiment.ledger.enabled) {
    problems.Add("ledger.health", "true", "must be false if ledger.enabled = false");
  }
}

}  // namespace fedround::config
