#include "common/config/resolve.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/config/checks/across_fields.h"
#include "common/config/experiment_proto.h"
#include "common/config/schema/rules.h"
#include "common/config/toml/text.h"
#include "common/data/dataset.h"
#include "fedround/v1/experiment.pb.h"
#include "fedround/v1/options.pb.h"

namespace fedround::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The number of clients if neither the experiment nor the data gives one.
constexpr std::uint32_t kUsualClients = 10;

class Resolver {
 public:
  Resolver(TableLookup tables, Problems& problems) : tables_(tables), problems_(problems) {}

  void Section(const std::string& path, Message& message) {
    const google::protobuf::Descriptor& schema = *message.GetDescriptor();
    for (int i = 0; i < schema.field_count(); ++i) {
      const FieldDescriptor& field = *schema.field(i);
      const std::string field_path = absl::StrCat(path, ".", field.name());
      const Reflection& reflection = *message.GetReflection();
      if (field.is_repeated()) {
        for (int k = 0; k < reflection.FieldSize(message, &field); ++k) {
          Element(message, field, k, absl::StrCat(field_path, "[", k, "]"));
        }
      } else if (IsPlugIn(field)) {
        ResolveIn(RuleOf(field).table(), field_path,
                  static_cast<v1::PlugIn&>(*reflection.MutableMessage(&message, &field)));
      } else {
        Scalar(message, field, field_path);
      }
    }
  }

 private:
  // One element of a list.
  void Element(Message& message, const FieldDescriptor& field, int k, const std::string& path) {
    const Reflection& reflection = *message.GetReflection();
    if (IsPlugIn(field)) {
      ResolveIn(RuleOf(field).table(), path,
                static_cast<v1::PlugIn&>(*reflection.MutableRepeatedMessage(&message, &field, k)));
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      Text(reflection.GetRepeatedString(message, &field, k), field, path);
    } else {
      Number(reflection.GetRepeatedUInt32(message, &field, k), field, path);
    }
  }

  void Scalar(const Message& message, const FieldDescriptor& field, const std::string& path) {
    const Reflection& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_UINT32:
        return Number(reflection.GetUInt32(message, &field), field, path);
      case FieldDescriptor::CPPTYPE_UINT64:
        return Number(static_cast<double>(reflection.GetUInt64(message, &field)), field, path);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Number(reflection.GetDouble(message, &field), field, path);
      case FieldDescriptor::CPPTYPE_STRING:
        return Text(reflection.GetString(message, &field), field, path);
      default:
        CHECK(field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL);
    }
  }

  void Number(double value, const FieldDescriptor& field, const std::string& path) {
    const std::string problem = RangeProblem(RuleOf(field), value);
    if (!problem.empty()) problems_.Add(path, DoubleText(value), problem);
  }

  void Text(const std::string& value, const FieldDescriptor& field, const std::string& path) {
    const std::string problem = OneOfProblem(RuleOf(field), value);
    if (!problem.empty()) problems_.Add(path, ShownText(value), problem);
  }

  void ResolveIn(const std::string& table, const std::string& path, v1::PlugIn& message) {
    const std::span<const PlugInInfo> entries = tables_(table);
    const auto info = std::find_if(entries.begin(), entries.end(), [&](const PlugInInfo& entry) {
      return entry.name == message.name();
    });
    if (info == entries.end()) {
      std::vector<absl::string_view> known;
      for (const PlugInInfo& entry : entries) known.push_back(entry.name);
      problems_.Add(path, "", UnknownNameError(table, message.name(), known).message());
      return;
    }
    const PlugIn given = FromProto(message);
    const std::optional<OptionProblem> problem = FindOptionProblem(given, *info);
    if (!problem.has_value()) {
      message = ToProto(WithDefaults(given, *info));
      return;
    }
    const std::string option_path = absl::StrCat(path, ".", KeyText(problem->option));
    if (problem->unknown) {
      problems_.AddKey(option_path, problem->what);
    } else {
      problems_.Add(option_path, problem->value, problem->what);
    }
  }

  TableLookup tables_;
  Problems& problems_;
};

}  // namespace

absl::StatusOr<Experiment> Resolve(v1::Experiment message, TableLookup tables, Problems& problems) {
  Resolver resolver(tables, problems);
  const google::protobuf::Descriptor& schema = *message.GetDescriptor();
  for (int i = 0; i < schema.field_count(); ++i) {
    const FieldDescriptor& section = *schema.field(i);
    resolver.Section(section.name(), *message.GetReflection()->MutableMessage(&message, &section));
  }
  if (!problems.empty()) return problems.ToStatus();
  Experiment experiment = FromProto(message);
  // Only an MLP has these hidden layers, whatever an extended file says. With an external model
  // they are refused (checks/external_model.h).
  const nn::Preset preset = experiment.model.preset;
  if (preset != nn::Preset::kMlp && preset != nn::Preset::kExternal) {
    experiment.model.hidden.clear();
  }
  if (experiment.federation.clients == 0 &&
      experiment.data.partition.name != data::kNaturalPartition) {
    experiment.federation.clients = kUsualClients;
  }
  CheckAcrossFields(experiment, problems);
  if (!problems.empty()) return problems.ToStatus();
  return experiment;
}

}  // namespace fedround::config
