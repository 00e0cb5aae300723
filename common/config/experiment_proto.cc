#include "common/config/experiment_proto.h"

#include <utility>

#include "fedround/v1/experiment.pb.h"

namespace fedround::config {
namespace {

void Set(const Experiment::Run& in, v1::Run& out) {
  out.set_name(in.name);
  out.set_rounds(in.rounds);
  out.set_seed(in.seed);
}
void Set(const v1::Run& in, Experiment::Run& out) {
  out.name = in.name();
  out.rounds = in.rounds();
  out.seed = in.seed();
}

void Set(const Experiment::Data& in, v1::Data& out) {
  *out.mutable_name() = ToProto(in.name);
  *out.mutable_partition() = ToProto(in.partition);
  out.set_validation(in.validation);
  out.set_scale(in.scale);
  out.set_examples_per_client(in.examples_per_client);
  out.set_label_noise(in.label_noise);
  out.set_sha256(in.sha256);
  out.set_layout(in.layout);
  out.set_clients(in.clients);
}
void Set(const v1::Data& in, Experiment::Data& out) {
  out.name = FromProto(in.name());
  out.partition = FromProto(in.partition());
  out.validation = in.validation();
  out.scale = in.scale();
  out.examples_per_client = in.examples_per_client();
  out.label_noise = in.label_noise();
  out.sha256 = in.sha256();
  out.layout = in.layout();
  out.clients = in.clients();
}

void Set(const Experiment::Model& in, v1::Model& out) {
  out.set_preset(in.preset);
  out.mutable_hidden()->Assign(in.hidden.begin(), in.hidden.end());
  *out.mutable_activation() = ToProto(in.activation);
  *out.mutable_init() = ToProto(in.init);
  out.set_initial(in.initial);
  out.set_initial_sha256(in.initial_sha256);
  for (const PlugIn& layer : in.layer) *out.add_layer() = ToProto(layer);
  out.mutable_freeze()->Assign(in.freeze.begin(), in.freeze.end());
  out.set_skip_zeros(in.skip_zeros);
  out.set_simd(in.simd);
  out.set_activation_kernel(in.activation_kernel);
  out.set_flush_to_zero(in.flush_to_zero);
}
void Set(const v1::Model& in, Experiment::Model& out) {
  out.preset = in.preset();
  out.hidden.assign(in.hidden().begin(), in.hidden().end());
  out.activation = FromProto(in.activation());
  out.init = FromProto(in.init());
  out.initial = in.initial();
  out.initial_sha256 = in.initial_sha256();
  for (const v1::PlugIn& layer : in.layer()) out.layer.push_back(FromProto(layer));
  out.freeze.assign(in.freeze().begin(), in.freeze().end());
  out.skip_zeros = in.skip_zeros();
  out.simd = in.simd();
  out.activation_kernel = in.activation_kernel();
  out.flush_to_zero = in.flush_to_zero();
}

void Set(const Experiment::Training& in, v1::Training& out) {
  out.set_epochs(in.epochs);
  out.set_batch_size(in.batch_size);
  out.set_learning_rate(in.learning_rate);
  out.set_momentum(in.momentum);
  out.set_weight_decay(in.weight_decay);
  out.set_timing(in.timing);
}
void Set(const v1::Training& in, Experiment::Training& out) {
  out.epochs = in.epochs();
  out.batch_size = in.batch_size();
  out.learning_rate = in.learning_rate();
  out.momentum = in.momentum();
  out.weight_decay = in.weight_decay();
  out.timing = in.timing();
}

void Set(const Experiment::Federation& in, v1::Federation& out) {
  out.set_clients(in.clients);
  out.set_cohort(in.cohort);
  *out.mutable_algorithm() = ToProto(in.algorithm);
  out.set_weighting(in.weighting);
  out.set_deadline_s(in.deadline_s);
  out.set_min_updates(in.min_updates);
  out.set_dropout(in.dropout);
  out.set_join_deadline_s(in.join_deadline_s);
}
void Set(const v1::Federation& in, Experiment::Federation& out) {
  out.clients = in.clients();
  out.cohort = in.cohort();
  out.algorithm = FromProto(in.algorithm());
  out.weighting = in.weighting();
  out.deadline_s = in.deadline_s();
  out.min_updates = in.min_updates();
  out.dropout = in.dropout();
  out.join_deadline_s = in.join_deadline_s();
}

void Set(const Experiment::Evaluation& in, v1::Evaluation& out) {
  out.set_every(in.every);
  out.set_when(in.when);
  out.set_federated(in.federated);
}
void Set(const v1::Evaluation& in, Experiment::Evaluation& out) {
  out.every = in.every();
  out.when = in.when();
  out.federated = in.federated();
}

void Set(const Experiment::Launch& in, v1::Launch& out) {
  out.set_driver(in.driver);
  out.set_processes(in.processes);
  out.set_slots(in.slots);
  out.set_pin(in.pin);
  out.set_slots_scope(in.slots_scope);
}
void Set(const v1::Launch& in, Experiment::Launch& out) {
  out.driver = in.driver();
  out.processes = in.processes();
  out.slots = in.slots();
  out.pin = in.pin();
  out.slots_scope = in.slots_scope();
}

void Set(const Experiment::Fold& in, v1::Fold& out) {
  out.set_scale_bits(in.scale_bits);
  out.set_max_abs(in.max_abs);
  out.set_max_total_weight(in.max_total_weight);
}
void Set(const v1::Fold& in, Experiment::Fold& out) {
  out.scale_bits = in.scale_bits();
  out.max_abs = in.max_abs();
  out.max_total_weight = in.max_total_weight();
}

void Set(const Experiment::Limits& in, v1::Limits& out) {
  out.set_upload_buffer_bytes(in.upload_buffer_bytes);
  out.set_chunk_bytes(in.chunk_bytes);
  out.set_max_parameters(in.max_parameters);
  out.set_stall_s(in.stall_s);
}
void Set(const v1::Limits& in, Experiment::Limits& out) {
  out.upload_buffer_bytes = in.upload_buffer_bytes();
  out.chunk_bytes = in.chunk_bytes();
  out.max_parameters = in.max_parameters();
  out.stall_s = in.stall_s();
}

void Set(const Experiment::Ledger& in, v1::Ledger& out) {
  out.set_enabled(in.enabled);
  out.set_health(in.health);
}
void Set(const v1::Ledger& in, Experiment::Ledger& out) {
  out.enabled = in.enabled();
  out.health = in.health();
}

}  // namespace

v1::PlugIn ToProto(const PlugIn& plug_in) {
  v1::PlugIn message;
  message.set_name(plug_in.name);
  for (const auto& [name, value] : plug_in.options) {
    v1::OptionValue& option = (*message.mutable_options())[name];
    if (const auto* number = std::get_if<double>(&value)) option.set_number(*number);
    if (const auto* text = std::get_if<std::string>(&value)) option.set_text(*text);
    if (const auto* flag = std::get_if<bool>(&value)) option.set_flag(*flag);
  }
  return message;
}

PlugIn FromProto(const v1::PlugIn& message) {
  PlugIn plug_in{message.name(), {}};
  for (const auto& [name, option] : message.options()) {
    OptionValue& value = plug_in.options[name];
    if (option.has_number()) {
      value = option.number();
    } else if (option.has_flag()) {
      value = option.flag();
    } else {
      value = option.text();
    }
  }
  return plug_in;
}

v1::Experiment ToProto(const Experiment& experiment) {
  v1::Experiment message;
  Set(experiment.run, *message.mutable_run());
  Set(experiment.data, *message.mutable_data());
  Set(experiment.model, *message.mutable_model());
  Set(experiment.training, *message.mutable_training());
  Set(experiment.federation, *message.mutable_federation());
  Set(experiment.evaluation, *message.mutable_evaluation());
  Set(experiment.launch, *message.mutable_launch());
  Set(experiment.fold, *message.mutable_fold());
  Set(experiment.limits, *message.mutable_limits());
  Set(experiment.ledger, *message.mutable_ledger());
  return message;
}

Experiment FromProto(const v1::Experiment& message) {
  Experiment experiment;
  Set(message.run(), experiment.run);
  Set(message.data(), experiment.data);
  Set(message.model(), experiment.model);
  Set(message.training(), experiment.training);
  Set(message.federation(), experiment.federation);
  Set(message.evaluation(), experiment.evaluation);
  Set(message.launch(), experiment.launch);
  Set(message.fold(), experiment.fold);
  Set(message.limits(), experiment.limits);
  Set(message.ledger(), experiment.ledger);
  return experiment;
}

}  // namespace fedround::config
