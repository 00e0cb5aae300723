#include "common/ledger/json_members.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"

namespace fedround::ledger {
namespace {

// Written members keep their order. Members of a text that was read are found by key in logarithmic
// time, so that a hostile text cannot make it slow.
using OrderedJson = nlohmann::ordered_json;
using Json = nlohmann::json;

template <typename T>
constexpr bool kIsOptional =
    OneOf<T, std::optional<double>, std::optional<std::uint64_t>, std::optional<std::string>>;

template <typename T>
OrderedJson Value(const T& value) {
  return value;
}

OrderedJson Value(double value) {
  CHECK(std::isfinite(value));
  return value;
}

// {"name": "hidden1.bias", "shape": [200]}
OrderedJson Value(const std::vector<TensorSpec>& specs) {
  OrderedJson list = OrderedJson::array();
  for (const TensorSpec& spec : specs) {
    list.push_back(OrderedJson{{"name", spec.name}, {"shape", spec.shape}});
  }
  return list;
}

bool IsWritten(double value) { return std::isfinite(value); }
bool IsWritten(std::uint64_t) { return true; }
bool IsWritten(const std::string&) { return true; }

bool Read(const Json& json, std::string& value) {
  if (!json.is_string()) return false;
  value = json.get_ref<const std::string&>();
  return true;
}

template <std::integral T>
bool Read(const Json& json, T& value) {
  if (json.is_number_unsigned()) {
    const auto number = json.get<std::uint64_t>();
    value = static_cast<T>(number);
    return std::in_range<T>(number);
  }
  if (!json.is_number_integer()) return false;
  const auto number = json.get<std::int64_t>();
  value = static_cast<T>(number);
  return std::in_range<T>(number);
}

bool Read(const Json& json, double& value) {
  if (!json.is_number()) return false;
  value = json.get<double>();
  return std::isfinite(value);
}

bool Read(const Json& json, TensorSpec& value);

template <typename T>
bool Read(const Json& json, std::vector<T>& values) {
  if (!json.is_array()) return false;
  values.clear();
  return std::ranges::all_of(
      json, [&](const Json& element) { return Read(element, values.emplace_back()); });
}

bool Read(const Json& json, TensorSpec& value) {
  return json.is_object() && json.size() == 2 && json.contains("name") && json.contains("shape") &&
         Read(json["name"], value.name) && Read(json["shape"], value.shape) &&
         std::ranges::none_of(value.shape, [](std::int64_t extent) { return extent < 0; });
}

template <typename T>
bool Read(const Json& json, std::optional<T>& value) {
  return Read(json, value.emplace());
}

// For messages. Only numbers and texts: printing a nested value recurses as deep as it is nested.
std::string Excerpt(const Json& value) {
  constexpr std::size_t kLongest = 60;
  if (value.is_structured()) return absl::StrCat("an ", value.type_name());
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kLongest) text.replace(kLongest, std::string::npos, "...");
  return text;
}

}  // namespace

struct JsonWriter::Impl {
  OrderedJson json = OrderedJson::object();

  std::string Text(int indent) const {
    return json.dump(indent, ' ', false, OrderedJson::error_handler_t::replace);
  }
};

JsonWriter::JsonWriter() : impl_(std::make_unique<Impl>()) {}
JsonWriter::~JsonWriter() = default;

template <MemberType T>
void JsonWriter::Member(absl::string_view key, const T& value) {
  if constexpr (kIsOptional<T>) {
    if (value.has_value() && IsWritten(*value)) impl_->json[std::string(key)] = Value(*value);
  } else {
    impl_->json[std::string(key)] = Value(value);
  }
}

std::string JsonWriter::OneLine() const { return impl_->Text(-1); }
std::string JsonWriter::Indented() const { return impl_->Text(2) + "\n"; }

struct JsonReader::Impl {
  Json json;
  absl::Status status;
};

JsonReader::JsonReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
JsonReader::JsonReader(JsonReader&&) noexcept = default;
JsonReader::~JsonReader() = default;

absl::StatusOr<JsonReader> JsonReader::Parse(absl::string_view text) {
  auto impl = std::make_unique<Impl>();
  impl->json = Json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!impl->json.is_object()) return absl::InvalidArgumentError("not a JSON object");
  return JsonReader(std::move(impl));
}

// Removes the member from the object, so that Finish sees members that nobody asked for.
template <MemberType T>
void JsonReader::Member(absl::string_view key, T& value) {
  if (!impl_->status.ok()) return;
  const auto at = impl_->json.find(std::string(key));
  if (at == impl_->json.end()) {
    if (kIsOptional<T>) return;
    impl_->status = absl::InvalidArgumentError(absl::StrCat("\"", key, "\" is missing"));
  } else if (!Read(*at, value)) {
    impl_->status = absl::InvalidArgumentError(
        absl::StrCat("\"", key, "\" is ", Excerpt(*at), ": of the wrong type or out of range"));
  } else {
    impl_->json.erase(at);
  }
}

bool JsonReader::ok() const { return impl_->status.ok(); }

void JsonReader::Refuse(absl::string_view key, const std::string& text) {
  impl_->status = absl::InvalidArgumentError(
      absl::StrCat("\"", key, "\" is ", Excerpt(Json(text)), ": not a known name"));
}

absl::Status JsonReader::Finish() && {
  if (impl_->status.ok() && !impl_->json.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown member \"", impl_->json.begin().key(), "\""));
  }
  return impl_->status;
}

#define INSTANTIATE(T)                                                  \
  template void JsonWriter::Member<T>(absl::string_view key, const T&); \
  template void JsonReader::Member<T>(absl::string_view key, T&);
INSTANTIATE(std::string)
INSTANTIATE(std::int32_t)
INSTANTIATE(std::uint32_t)
INSTANTIATE(std::int64_t)
INSTANTIATE(std::uint64_t)
INSTANTIATE(double)
INSTANTIATE(std::optional<double>)
INSTANTIATE(std::optional<std::uint64_t>)
INSTANTIATE(std::optional<std::string>)
INSTANTIATE(std::vector<std::string>)
INSTANTIATE(std::vector<TensorSpec>)
#undef INSTANTIATE

}  // namespace fedround::ledger
