// One JSON object, member by member: a writer and a strict reader with the same interface, so that
// one function template lists the members of a struct once and serves both directions.
//
//   template <typename Json, typename Value>
//   void Members(Json& json, Value& value) { json.Member("round", value.round); ... }
//
// A member has one of the types of MemberType below, for which both classes are instantiated, or is
// an enumeration with names (named_enum.h), which is written as a text.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/named_enum.h"
#include "common/round/types.h"

namespace fedround::ledger {

template <typename T, typename... Types>
concept OneOf = (std::same_as<T, Types> || ...);

template <typename T>
concept MemberType =
    OneOf<T, std::string, std::int32_t, std::uint32_t, std::int64_t, std::uint64_t, double,
          std::optional<double>, std::optional<std::uint64_t>, std::optional<std::string>,
          std::vector<std::string>, std::vector<TensorSpec>>;

// Keeps the order of the calls. Text that is not UTF-8 is written with replacement characters.
class JsonWriter {
 public:
  JsonWriter();
  ~JsonWriter();

  // An absent optional is left out. A double must be finite, since JSON has no other numbers; an
  // optional one that is not finite is left out.
  template <MemberType T>
  void Member(absl::string_view key, const T& value);
  template <NamedEnum Enum>
  void Member(absl::string_view key, const Enum& value) {
    Member(key, std::string(NameOf(value)));
  }

  std::string OneLine() const;
  // For people; ends with a newline.
  std::string Indented() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The first error is kept and later calls do nothing; Finish returns it.
class JsonReader {
 public:
  // INVALID_ARGUMENT if `text` is not one JSON object.
  static absl::StatusOr<JsonReader> Parse(absl::string_view text);
  JsonReader(JsonReader&&) noexcept;
  ~JsonReader();

  // The member must exist (unless it is optional), have the right type and be in the range of T.
  template <MemberType T>
  void Member(absl::string_view key, T& value);
  template <NamedEnum Enum>
  void Member(absl::string_view key, Enum& value) {
    std::string text;
    Member(key, text);
    if (!ok()) return;
    if (const std::optional<Enum> named = Named<Enum>(text); named.has_value()) {
      value = *named;
    } else {
      Refuse(key, text);
    }
  }

  // The first error, or INVALID_ARGUMENT if there is a member that nobody asked for.
  absl::Status Finish() &&;

 private:
  struct Impl;
  bool ok() const;
  void Refuse(absl::string_view key, const std::string& text);
  explicit JsonReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fedround::ledger
