#include "common/config/experiment_proto.h"

#include <optional>
#include <string>
#include <vector>

#include "common/base/check.h"
#include "common/base/named_enum.h"
#include "fedround/v1/experiment.pb.h"

namespace fedround::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

const FieldDescriptor& FieldNamed(const Message& message, const std::string& name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  CHECK(field != nullptr);
  return *field;
}

// Visits the keys of a section and sets the message's fields.
class Writer {
 public:
  explicit Writer(Message& message) : message_(message), reflection_(*message.GetReflection()) {}

  template <typename T>
  void operator()(const char* key, const T& value) const {
    Set(FieldNamed(message_, key), value);
  }

 private:
  void Set(const FieldDescriptor& field, bool value) const {
    reflection_.SetBool(&message_, &field, value);
  }
  void Set(const FieldDescriptor& field, std::uint32_t value) const {
    reflection_.SetUInt32(&message_, &field, value);
  }
  void Set(const FieldDescriptor& field, std::uint64_t value) const {
    reflection_.SetUInt64(&message_, &field, value);
  }
  void Set(const FieldDescriptor& field, double value) const {
    reflection_.SetDouble(&message_, &field, value);
  }
  void Set(const FieldDescriptor& field, const std::string& value) const {
    reflection_.SetString(&message_, &field, value);
  }
  template <NamedEnum E>
  void Set(const FieldDescriptor& field, E value) const {
    reflection_.SetString(&message_, &field, std::string(NameOf(value)));
  }
  void Set(const FieldDescriptor& field, const PlugIn& value) const {
    reflection_.MutableMessage(&message_, &field)->CopyFrom(ToProto(value));
  }
  template <typename T>
  void Set(const FieldDescriptor& field, const std::vector<T>& values) const {
    for (const T& value : values) Add(field, value);
  }

  void Add(const FieldDescriptor& field, std::uint32_t value) const {
    reflection_.AddUInt32(&message_, &field, value);
  }
  void Add(const FieldDescriptor& field, const std::string& value) const {
    reflection_.AddString(&message_, &field, value);
  }
  void Add(const FieldDescriptor& field, const PlugIn& value) const {
    reflection_.AddMessage(&message_, &field)->CopyFrom(ToProto(value));
  }

  Message& message_;
  const Reflection& reflection_;
};

// Visits the keys of a section and takes the message's fields.
class Reader {
 public:
  explicit Reader(const Message& message)
      : message_(message), reflection_(*message.GetReflection()) {}

  template <typename T>
  void operator()(const char* key, T& value) const {
    Get(FieldNamed(message_, key), value);
  }

 private:
  void Get(const FieldDescriptor& field, bool& value) const {
    value = reflection_.GetBool(message_, &field);
  }
  void Get(const FieldDescriptor& field, std::uint32_t& value) const {
    value = reflection_.GetUInt32(message_, &field);
  }
  void Get(const FieldDescriptor& field, std::uint64_t& value) const {
    value = reflection_.GetUInt64(message_, &field);
  }
  void Get(const FieldDescriptor& field, double& value) const {
    value = reflection_.GetDouble(message_, &field);
  }
  void Get(const FieldDescriptor& field, std::string& value) const {
    value = reflection_.GetString(message_, &field);
  }
  template <NamedEnum E>
  void Get(const FieldDescriptor& field, E& value) const {
    const std::optional<E> named = Named<E>(reflection_.GetString(message_, &field));
    CHECK(named.has_value());
    value = *named;
  }
  void Get(const FieldDescriptor& field, PlugIn& value) const {
    value = FromProto(static_cast<const v1::PlugIn&>(reflection_.GetMessage(message_, &field)));
  }
  template <typename T>
  void Get(const FieldDescriptor& field, std::vector<T>& values) const {
    values.resize(static_cast<std::size_t>(reflection_.FieldSize(message_, &field)));
    for (std::size_t i = 0; i < values.size(); ++i) {
      GetElement(field, static_cast<int>(i), values[i]);
    }
  }

  void GetElement(const FieldDescriptor& field, int i, std::uint32_t& value) const {
    value = reflection_.GetRepeatedUInt32(message_, &field, i);
  }
  void GetElement(const FieldDescriptor& field, int i, std::string& value) const {
    value = reflection_.GetRepeatedString(message_, &field, i);
  }
  void GetElement(const FieldDescriptor& field, int i, PlugIn& value) const {
    value = FromProto(
        static_cast<const v1::PlugIn&>(reflection_.GetRepeatedMessage(message_, &field, i)));
  }

  const Message& message_;
  const Reflection& reflection_;
};

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
  Experiment::Sections(experiment, [&]<typename Section>(const char* name, const Section& section) {
    const FieldDescriptor& field = FieldNamed(message, name);
    Section::Keys(section, Writer(*message.GetReflection()->MutableMessage(&message, &field)));
  });
  return message;
}

Experiment FromProto(const v1::Experiment& message) {
  Experiment experiment;
  Experiment::Sections(experiment, [&]<typename Section>(const char* name, Section& section) {
    const FieldDescriptor& field = FieldNamed(message, name);
    Section::Keys(section, Reader(message.GetReflection()->GetMessage(message, &field)));
  });
  return experiment;
}

}  // namespace fedround::config
