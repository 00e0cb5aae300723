#include "common/config/schema/meant_keys.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "fedround/v1/experiment.pb.h"

namespace fedround::config {
namespace {

struct Synonym {
  absl::string_view word;  // in lower case, with underscores
  absl::string_view key;
};

// The names in Flower, PyTorch, TensorFlow Federated, LEAF and the papers.
constexpr Synonym kSynonyms[] = {
    {"activation_function", "model.activation"},
    {"adversaries", "uplink.stages = [{name = \"sign_flip\", share = 0.2}]"},
    {"aggregation", "federation.algorithm"},
    {"aggregator", "federation.algorithm"},
    {"alpha", "data.partition = {name = \"dirichlet\", alpha = 0.5}"},
    {"attack", "uplink.stages = [{name = \"sign_flip\", share = 0.2}]"},
    {"batch", "training.batch_size"},
    {"batchsize", "training.batch_size"},
    {"bs", "training.batch_size"},
    {"byzantine", "uplink.stages = [{name = \"sign_flip\", share = 0.2}]"},
    {"checkpoint", "model.initial_weights"},
    {"client_epochs", "training.epochs"},
    {"client_fraction", "federation.cohort, a number of clients"},
    {"client_lr", "training.learning_rate"},
    {"clients_per_round", "federation.cohort"},
    {"clip", "uplink.stages = [{name = \"clip\", norm = 1}]"},
    {"clip_norm", "uplink.stages = [{name = \"clip\", norm = 1}]"},
    {"clipping_norm", "uplink.stages = [{name = \"clip\", norm = 1}]"},
    {"comm_round", "run.rounds"},
    {"comm_rounds", "run.rounds"},
    {"communication_rounds", "run.rounds"},
    {"compression", "uplink.codec"},
    {"compressor", "uplink.codec"},
    {"dirichlet", "data.partition = {name = \"dirichlet\", alpha = 0.5}"},
    {"dirichlet_alpha", "data.partition = {name = \"dirichlet\", alpha = 0.5}"},
    {"fraction", "federation.cohort, a number of clients"},
    {"fraction_evaluate", "evaluation.federated"},
    {"fraction_fit", "federation.cohort, a number of clients"},
    {"global_rounds", "run.rounds"},
    {"hidden_layers", "model.hidden"},
    {"hidden_size", "model.hidden"},
    {"hidden_sizes", "model.hidden"},
    {"l2", "training.weight_decay"},
    {"layers", "model.hidden or [[model.layer]]"},
    {"local_batch_size", "training.batch_size"},
    {"local_ep", "training.epochs"},
    {"local_epochs", "training.epochs"},
    {"lr", "training.learning_rate"},
    {"max_grad_norm", "uplink.stages = [{name = \"clip\", norm = 1}]"},
    {"min_available_clients", "federation.clients"},
    {"min_clients", "federation.min_updates"},
    {"min_fit_clients", "federation.cohort"},
    {"model_name", "model.preset"},
    {"mu", "federation.algorithm = {name = \"fedprox\", mu = 0.01}"},
    {"n_clients", "federation.clients"},
    {"n_rounds", "run.rounds"},
    {"non_iid", "data.partition"},
    {"nonlinearity", "model.activation"},
    {"normalize", "data.scale"},
    {"num_clients", "federation.clients"},
    {"num_epochs", "training.epochs"},
    {"num_processes", "launch.processes"},
    {"num_rounds", "run.rounds"},
    {"num_workers", "federation.clients or launch.processes"},
    {"nworkers", "federation.clients or launch.processes"},
    {"participation", "federation.cohort, a number of clients"},
    {"path", "data.name = {name = \"npz\", path = \"data.npz\"}"},
    {"pretrained", "model.initial_weights"},
    {"proximal_mu", "federation.algorithm = {name = \"fedprox\", mu = 0.01}"},
    {"quantization", "uplink.codec"},
    {"quantize", "uplink.codec"},
    {"random_seed", "run.seed"},
    {"residual", "uplink.error_feedback"},
    {"server_momentum", "federation.algorithm = {name = \"fedavgm\", momentum = 0.9}"},
    {"sparsity", "uplink.codec = [{name = \"topk\", k = 0.01}]"},
    {"split", "data.partition"},
    {"step_size", "training.learning_rate"},
    {"strategy", "federation.algorithm"},
    {"test_every", "evaluation.every"},
    {"threads", "launch.slots"},
    {"timeout", "federation.deadline_s"},
    {"topk", "uplink.codec = [{name = \"topk\", k = 0.01}]"},
    {"wd", "training.weight_decay"},
    {"weights", "model.initial_weights"},
    {"workers", "federation.clients or launch.processes"},
};

// The keys with that name in all sections.
std::vector<std::string> KeysNamed(const std::string& name) {
  std::vector<std::string> found;
  const google::protobuf::Descriptor& sections = *v1::Experiment::descriptor();
  for (int i = 0; i < sections.field_count(); ++i) {
    const google::protobuf::FieldDescriptor& section = *sections.field(i);
    if (section.message_type()->FindFieldByName(name) != nullptr) {
      found.push_back(absl::StrCat(section.name(), ".", name));
    }
  }
  return found;
}

// The keys of `section` that begin with the word: fold.scale means fold.scale_bits. And model.name
// means model.preset.
std::vector<std::string> KeysOf(absl::string_view section, const std::string& word) {
  if (section == "model" && word == "name") return {"model.preset"};
  std::vector<std::string> found;
  const google::protobuf::FieldDescriptor* const field =
      v1::Experiment::descriptor()->FindFieldByName(std::string(section));
  if (field == nullptr) return found;
  const google::protobuf::Descriptor& keys = *field->message_type();
  for (int i = 0; i < keys.field_count(); ++i) {
    if (absl::StartsWith(keys.field(i)->name(), word + "_")) {
      found.push_back(absl::StrCat(section, ".", keys.field(i)->name()));
    }
  }
  return found;
}

}  // namespace

std::string KeysThatMayBeMeant(absl::string_view section, absl::string_view key) {
  const std::string word = absl::AsciiStrToLower(absl::StrReplaceAll(key, {{"-", "_"}}));
  const std::vector<std::string> own = KeysOf(section, word);
  if (!own.empty()) return absl::StrJoin(own, " or ");
  const std::vector<std::string> named = KeysNamed(word);
  if (!named.empty()) return absl::StrJoin(named, " or ");
  const auto* synonym = std::ranges::find(kSynonyms, word, &Synonym::word);
  return synonym == std::end(kSynonyms) ? "" : std::string(synonym->key);
}

std::vector<absl::string_view> SynonymousKeys() {
  std::vector<absl::string_view> keys;
  for (const Synonym& synonym : kSynonyms) keys.push_back(synonym.key);
  return keys;
}

}  // namespace fedround::config
