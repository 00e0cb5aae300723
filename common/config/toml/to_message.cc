#include "common/config/toml/to_message.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/config/schema/meant_keys.h"
#include "common/config/schema/renamed_keys.h"
#include "common/config/schema/rules.h"
#include "common/config/toml/text.h"
#include "fedround/v1/experiment.pb.h"
#include "fedround/v1/options.pb.h"

namespace fedround::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// An integer that a double holds exactly, as a double.
std::optional<double> ExactDouble(std::int64_t integer) {
  static constexpr std::int64_t kExact = std::int64_t{1} << 53;
  if (integer < -kExact || integer > kExact) return std::nullopt;
  return static_cast<double>(integer);
}

std::optional<double> AsNumber(const TomlValue& value) {
  if (const auto* integer = value.As<std::int64_t>()) return ExactDouble(*integer);
  if (const auto* number = value.As<double>()) return *number;
  return std::nullopt;
}

std::string Join(absl::string_view path, absl::string_view key) {
  return path.empty() ? KeyText(key) : absl::StrCat(path, ".", KeyText(key));
}

absl::string_view Expected(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return "must be a number";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "must be true or false";
    case FieldDescriptor::CPPTYPE_STRING:
      return "must be a text in quotes";
    default:
      return "must be an integer";
  }
}

std::string ListExample(const FieldDescriptor& field) {
  if (IsPlugIn(field)) return "[{name = \"...\", option = 1}]";
  return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING ? "[\"...\"]"
                                                             : RuleOf(field).default_();
}

class Setter {
 public:
  explicit Setter(Problems& problems) : problems_(problems) {}

  void Table(const TomlTable& table, absl::string_view path, Message& message) {
    for (const TomlEntry& entry : table) {
      const std::string entry_path = Join(path, entry.key);
      problems_.Locate(entry_path, entry.key_origin, entry.value.origin);
      const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(entry.key);
      if (field == nullptr) {
        problems_.AddKey(entry_path, UnknownKey(*message.GetDescriptor(), path, entry.key));
      } else {
        Field(entry.value, entry_path, *field, message);
      }
    }
  }

 private:
  static std::string UnknownKey(const Descriptor& schema, absl::string_view path,
                                absl::string_view key) {
    if (const absl::string_view renamed = NewNameOf(path, key); !renamed.empty()) {
      return absl::StrCat("this key is now called ", path, ".", renamed);
    }
    const std::string elsewhere = KeysThatMayBeMeant(path, key);
    if (!elsewhere.empty()) return absl::StrCat("unknown key; did you mean ", elsewhere, "?");
    std::vector<absl::string_view> known;
    for (int i = 0; i < schema.field_count(); ++i) known.push_back(schema.field(i)->name());
    if (path.empty()) known.push_back(kExtends);
    return absl::StrCat("unknown key", DidYouMean(key, known));
  }

  void Field(const TomlValue& value, const std::string& path, const FieldDescriptor& field,
             Message& message) {
    if (field.is_repeated()) {
      List(value, path, field, message);
    } else if (IsPlugIn(field)) {
      auto* plug_in = message.GetReflection()->MutableMessage(&message, &field);
      PlugIn(value, path, static_cast<v1::PlugIn&>(*plug_in));
    } else if (field.message_type() == nullptr) {
      Scalar(value, path, field, message);
    } else if (const auto* table = value.As<TomlTable>()) {
      Table(*table, path, *message.GetReflection()->MutableMessage(&message, &field));
    } else {
      problems_.Add(path, Shown(value), absl::StrCat("must be a table: [", path, "]"));
    }
  }

  static bool NamesPlugIn(const TomlValue& value) {
    if (value.As<std::string>() != nullptr) return true;
    const auto* table = value.As<TomlTable>();
    return table != nullptr && std::ranges::any_of(*table, [](const TomlEntry& entry) {
             return entry.key == kPlugInName && entry.value.As<std::string>() != nullptr;
           });
  }

  void List(const TomlValue& value, const std::string& path, const FieldDescriptor& field,
            Message& message) {
    const auto* list = value.As<TomlList>();
    if (IsPlugIn(field) && NamesPlugIn(value)) {  // a list of one
      auto* plug_in = message.GetReflection()->AddMessage(&message, &field);
      return PlugIn(value, path, static_cast<v1::PlugIn&>(*plug_in));
    }
    if (list == nullptr) {
      problems_.Add(path, Shown(value),
                    absl::StrCat("must be a list, such as ", ListExample(field)));
      return;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string element_path = absl::StrCat(path, "[", i, "]");
      const Origin& origin = (*list)[i].origin;
      problems_.Locate(element_path, origin, origin);
      if (IsPlugIn(field)) {
        auto* plug_in = message.GetReflection()->AddMessage(&message, &field);
        PlugIn((*list)[i], element_path, static_cast<v1::PlugIn&>(*plug_in));
      } else {
        Scalar((*list)[i], element_path, field, message);
      }
    }
  }

  void Scalar(const TomlValue& value, const std::string& path, const FieldDescriptor& field,
              Message& message) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_UINT32:
      case FieldDescriptor::CPPTYPE_UINT64:
        if (const auto* integer = value.As<std::int64_t>()) {
          return Integer(*integer, path, field, message);
        }
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        if (const std::optional<double> number = AsNumber(value)) {
          return message.GetReflection()->SetDouble(&message, &field, *number);
        }
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        if (const auto* flag = value.As<bool>()) {
          return message.GetReflection()->SetBool(&message, &field, *flag);
        }
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        if (const auto* text = value.As<std::string>()) {
          const auto& reflection = *message.GetReflection();
          return field.is_repeated() ? reflection.AddString(&message, &field, *text)
                                     : reflection.SetString(&message, &field, *text);
        }
        break;
      default:
        CHECK(false);
    }
    problems_.Add(path, Shown(value), Expected(field));
  }

  // Adds to a list, sets a single value.
  void Integer(std::int64_t value, const std::string& path, const FieldDescriptor& field,
               Message& message) {
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    const bool is_32_bits = field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32;
    if (value < 0 || (is_32_bits && value > std::numeric_limits<std::uint32_t>::max())) {
      problems_.Add(path, absl::StrCat(value),
                    RangeProblem(RuleOf(field), static_cast<double>(value)));
    } else if (field.is_repeated()) {
      CHECK(is_32_bits);
      reflection.AddUInt32(&message, &field, static_cast<std::uint32_t>(value));
    } else if (is_32_bits) {
      reflection.SetUInt32(&message, &field, static_cast<std::uint32_t>(value));
    } else {
      reflection.SetUInt64(&message, &field, static_cast<std::uint64_t>(value));
    }
  }

  void PlugIn(const TomlValue& value, const std::string& path, v1::PlugIn& plug_in) {
    if (const auto* name = value.As<std::string>()) return plug_in.set_name(*name);
    const auto* table = value.As<TomlTable>();
    if (table == nullptr) {
      problems_.Add(path, Shown(value),
                    "must be a name in quotes or a table, such as {name = \"...\", option = 1}");
      return;
    }
    for (const TomlEntry& entry : *table) {
      const std::string entry_path = Join(path, entry.key);
      problems_.Locate(entry_path, entry.key_origin, entry.value.origin);
      const auto* text = entry.value.As<std::string>();
      if (entry.key != kPlugInName) {
        Option(entry, entry_path, plug_in);
      } else if (text != nullptr) {
        plug_in.set_name(*text);
      } else {
        problems_.Add(
            path, "",
            absl::StrCat(kPlugInName, " = ", Shown(entry.value), ": must be a text in quotes"));
      }
    }
  }

  void Option(const TomlEntry& entry, const std::string& path, v1::PlugIn& plug_in) {
    v1::OptionValue option;
    if (const auto* flag = entry.value.As<bool>()) {
      option.set_flag(*flag);
    } else if (const auto* text = entry.value.As<std::string>()) {
      option.set_text(*text);
    } else if (const std::optional<double> number = AsNumber(entry.value)) {
      option.set_number(*number);
    } else {
      problems_.Add(path, Shown(entry.value), "must be a number, a text in quotes, true or false");
      return;
    }
    (*plug_in.mutable_options())[entry.key] = option;
  }

  Problems& problems_;
};

}  // namespace

void SetFromToml(const TomlTable& table, Message& message, Problems& problems) {
  Setter(problems).Table(table, "", message);
}

}  // namespace fedround::config
