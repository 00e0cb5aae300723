// Models form a chain from round to round that ends in the file; hashes and verdict agree.
#include <algorithm>
#include <span>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/algorithm/algorithm.h"
#include "common/base/hash.h"
#include "common/base/io/file.h"
#include "common/base/named_enum.h"
#include "common/base/status_macros.h"
#include "common/ledger/run_folder.h"
#include "common/nn/safetensors.h"
#include "common/round/named_parameters.h"
#include "experiments/analysis/verify/checks.h"
#include "experiments/analysis/verify/finding.h"

namespace fedround::analysis {
namespace {

using ledger::RoundRow;

absl::Status NotEqualText(absl::string_view where, absl::string_view what, absl::string_view value,
                          absl::string_view other, absl::string_view expected) {
  return Finding(where, absl::StrCat(what, " is ", value, ", ", other, " is ", expected));
}

std::string Hex(ModelId id) { return absl::StrFormat("%016x", id); }

absl::Status CheckManifest(const Run& run) {
  // Of the keys that there were when the run was written.
  ASSIGN_OR_RETURN(const std::string written, SerializeAsWritten(run.folder + "/config.toml"));
  const std::string hash = Sha256Hex(written);
  if (hash != run.manifest.experiment_hash) {
    return NotEqualText("manifest.json", "experiment_hash", run.manifest.experiment_hash,
                        "the hash of config.toml", hash);
  }
  return Equal(absl::string_view("manifest.json"), "seed", run.manifest.seed, "that of config.toml",
               run.experiment.run.seed);
}

absl::Status CheckVerdict(const Run& run) {
  constexpr absl::string_view kStatus = "status.json";
  if (run.done()) {
    RETURN_IF_ERROR(Equal(absl::string_view("verdict"), "the number of rounds of \"done\"",
                          run.rounds, "run.rounds of config.toml", run.experiment.run.rounds));
  }
  if (!run.status.has_value()) return absl::OkStatus();  // killed, perhaps after its verdict
  RETURN_IF_ERROR(Equal(kStatus, "rounds_done", run.status->rounds_done,
                        "the number of rows in rounds", run.rounds));
  const RunOutcome outcome = run.verdict.has_value() ? run.verdict->outcome : RunOutcome::kFailed;
  if (run.status->outcome != outcome) {
    return NotEqualText(kStatus, "outcome", fedround::NameOf(run.status->outcome),
                        "that of table verdict", fedround::NameOf(outcome));
  }
  if (!run.verdict.has_value()) return absl::OkStatus();
  return Equal(kStatus, "exit_code", run.status->exit_code, "that of table verdict",
               run.verdict->exit_code);
}

// The model and the vectors that went down with it, as clients fetched them.
absl::StatusOr<FloatBuffer> WithDown(const Run& run, const FloatBuffer& parameters) {
  ASSIGN_OR_RETURN(const algorithm::Needs needs,
                   algorithm::NeedsOf(run.experiment.federation.algorithm));
  NamedParameters down;
  if (!needs.down.empty()) {
    ASSIGN_OR_RETURN(down, nn::ReadSafetensors(absl::StrCat(run.folder, "/", ledger::kDownFile),
                                               needs.down.size() * run.manifest.parameters));
  }
  std::vector<TensorSpec> specs;
  for (const std::string& name : needs.down) {
    const auto found = std::ranges::find(down.specs, name, &TensorSpec::name);
    if (found == down.specs.end()) {
      return absl::NotFoundError(absl::StrCat("there is no tensor \"", name, "\""));
    }
    specs.push_back(*found);
  }
  ASSIGN_OR_RETURN(const FloatBuffer vectors, LaidOutAs(specs, down));
  FloatBuffer all(parameters.size() + vectors.size());
  std::ranges::copy(vectors.span(), std::ranges::copy(parameters.span(), all.data()).out);
  return all;
}

}  // namespace

absl::Status ModelCheck::Add(const RoundRows& rows) {
  if (rows.round == nullptr) return absl::OkStatus();
  const RoundRow& round = *rows.round;
  if (last_.has_value() && round.model_before != last_->model_after) {
    return NotEqualText(NameOf(round), "model_before", Hex(round.model_before),
                        "model_after of the previous round", Hex(last_->model_after));
  }
  if (round.folded_count == 0 && round.model_after != round.model_before) {
    return NotEqualText(NameOf(round), "model_after, with nothing folded,", Hex(round.model_after),
                        "model_before", Hex(round.model_before));
  }
  last_ = round;
  return absl::OkStatus();
}

absl::Status ModelCheck::CheckFile() const {
  const std::string path = run_.folder + "/model.safetensors";
  // First, since this takes no more memory than the model: a file may claim to have any size.
  const absl::StatusOr<NamedParameters> file = nn::ReadSafetensors(path, run_.manifest.parameters);
  if (!file.ok()) return Finding("model.safetensors", file.status().message());
  const absl::StatusOr<std::string> bytes = ReadFile(path);
  if (!bytes.ok()) return Finding("model.safetensors", bytes.status().message());
  const std::string sha256 = Sha256Hex(*bytes);
  if (run_.status.has_value() && sha256 != run_.status->model_sha256) {
    return NotEqualText("status.json", "model_sha256", run_.status->model_sha256,
                        "that of model.safetensors", sha256);
  }
  const absl::StatusOr<FloatBuffer> parameters = LaidOutAs(run_.manifest.tensors, *file);
  if (!parameters.ok()) return Finding("model.safetensors", parameters.status().message());
  const absl::StatusOr<FloatBuffer> all = WithDown(run_, *parameters);
  if (!all.ok()) return Finding(ledger::kDownFile, all.status().message());
  const ModelId id = Xxh3(std::as_bytes(all->span()));
  if (!last_.has_value() || id == last_->model_after) return absl::OkStatus();
  return NotEqualText(NameOf(*last_), "model_after", Hex(last_->model_after),
                      "the hash of the parameters in model.safetensors", Hex(id));
}

absl::StatusOr<bool> ModelCheck::Finish() const {
  RETURN_IF_ERROR(CheckManifest(run_));
  RETURN_IF_ERROR(CheckVerdict(run_));
  // The file is written before the verdict. A run that was killed leaves none, or the file but no
  // status.json if that was at its very end.
  const bool has_file =
      run_.done() || (run_.status.has_value() ? !run_.status->model_sha256.empty()
                                              : FileExists(run_.folder + "/model.safetensors"));
  if (has_file) RETURN_IF_ERROR(CheckFile());
  return has_file;
}

}  // namespace fedround::analysis
