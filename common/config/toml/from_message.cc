// ExperimentToToml: walks the message by reflection, in the order of the schema.
#include <google/protobuf/reflection.h>

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/check.h"
#include "common/config/experiment.h"
#include "common/config/experiment_proto.h"
#include "common/config/schema/documentation.h"
#include "common/config/schema/rules.h"
#include "common/config/toml/text.h"
#include "fedround/v1/experiment.pb.h"
#include "fedround/v1/options.pb.h"

namespace fedround {
namespace config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string OptionText(const OptionValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return DoubleText(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return QuotedText(*text);
  return std::get<bool>(value) ? "true" : "false";
}

std::string PlugInText(const PlugIn& plug_in) {
  if (plug_in.options.empty()) return QuotedText(plug_in.name);
  std::string text = absl::StrCat("{", kPlugInName, " = ", QuotedText(plug_in.name));
  for (const auto& [name, value] : plug_in.options) {
    absl::StrAppend(&text, ", ", KeyText(name), " = ", OptionText(value));
  }
  return text + "}";
}

std::string ElementText(const Message& message, const FieldDescriptor& field, int i) {
  const Reflection& reflection = *message.GetReflection();
  if (IsPlugIn(field)) {
    return PlugInText(FromProto(
        static_cast<const v1::PlugIn&>(reflection.GetRepeatedMessage(message, &field, i))));
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    return QuotedText(reflection.GetRepeatedString(message, &field, i));
  }
  return absl::StrCat(reflection.GetRepeatedUInt32(message, &field, i));
}

// Each plug-in takes one line.
std::string ListText(const Message& message, const FieldDescriptor& field) {
  std::vector<std::string> elements;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
    elements.push_back(ElementText(message, field, i));
  }
  if (!IsPlugIn(field) || elements.empty())
    return absl::StrCat("[", absl::StrJoin(elements, ", "), "]");
  return absl::StrCat("[\n  ", absl::StrJoin(elements, ",\n  "), ",\n]");
}

std::string FieldText(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) return ListText(message, field);
  if (IsPlugIn(field)) {
    return PlugInText(
        FromProto(static_cast<const v1::PlugIn&>(reflection.GetMessage(message, &field))));
  }
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(reflection.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(reflection.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return DoubleText(reflection.GetDouble(message, &field));
    case FieldDescriptor::CPPTYPE_STRING:
      return QuotedText(reflection.GetString(message, &field));
    default:
      CHECK(field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL);
      return reflection.GetBool(message, &field) ? "true" : "false";
  }
}

// "Default 0.05; > 0, <= 1000 s."
std::string RuleText(const v1::FieldRule& rule) {
  std::string text = absl::StrCat("Default ", rule.default_());
  if (rule.has_min()) {
    absl::StrAppend(&text, "; ", rule.exclusive_min() ? "> " : ">= ", DoubleText(rule.min()));
  }
  if (rule.has_max()) absl::StrAppend(&text, ", <= ", DoubleText(rule.max()));
  if (!rule.unit().empty()) absl::StrAppend(&text, "; unit: ", rule.unit());
  return text + ".";
}

void AppendComment(absl::string_view comment, std::string& out) {
  if (comment.empty()) return;
  for (absl::string_view line : absl::StrSplit(comment, '\n')) {
    absl::StrAppend(&out, line.empty() ? "#" : "# ", line, "\n");
  }
}

// `documentation` may be null: no comments.
void AppendSection(const FieldDescriptor& section, const Message& message,
                   const Documentation* documentation, std::string& out) {
  if (documentation != nullptr) AppendComment(documentation->Of(section.name()), out);
  absl::StrAppend(&out, "[", section.name(), "]\n");
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (documentation != nullptr) {
      AppendComment(documentation->Of(absl::StrCat(section.name(), ".", field.name())), out);
      AppendComment(RuleText(RuleOf(field)), out);
    }
    absl::StrAppend(&out, field.name(), " = ", FieldText(message, field), "\n");
    if (documentation != nullptr) out += "\n";
  }
  if (documentation == nullptr) out += "\n";
}

}  // namespace
}  // namespace config

std::string ExperimentToToml(const Experiment& experiment, bool comments) {
  const v1::Experiment message = config::ToProto(experiment);
  const auto documentation = comments ? std::make_unique<config::Documentation>() : nullptr;
  std::string out;
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const auto& section = *message.GetDescriptor()->field(i);
    config::AppendSection(section, message.GetReflection()->GetMessage(message, &section),
                          documentation.get(), out);
  }
  out.pop_back();
  return out;
}

}  // namespace fedround
