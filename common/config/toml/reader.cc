#include "common/config/toml/reader.h"

// toml++ 3.3 asserts on some wrong keys that it goes on to report as errors; a file must never
// abort us.
#define TOML_ASSERT(condition) static_cast<void>(0)
#include <toml++/toml.h>

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/config/toml/text.h"

namespace fedround::config {
namespace {

Origin OriginOf(const toml::source_region& region, absl::string_view name) {
  return {std::string(name), region.begin.line, region.begin.column};
}

absl::Status ErrorAt(const Origin& origin, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(origin.source, ":", origin.line, ":", origin.column, ": ", what));
}

class Copier {
 public:
  explicit Copier(absl::string_view name) : name_(name) {}

  absl::StatusOr<TomlTable> Table(const toml::table& table, int depth) {
    TomlTable copy;
    for (const auto& [key, node] : table) {
      ASSIGN_OR_RETURN(TomlValue value, Value(node, depth + 1));
      copy.push_back({std::string(key.str()), OriginOf(key.source(), name_), std::move(value)});
    }
    return copy;
  }

 private:
  absl::StatusOr<TomlValue> Value(const toml::node& node, int depth) {
    TomlValue copy;
    copy.origin = OriginOf(node.source(), name_);
    if (depth > kMaxDepth) {
      return ErrorAt(copy.origin, absl::StrCat("tables and lists nested deeper than ", kMaxDepth));
    }
    if (++values_ > kMaxValues) {
      return ErrorAt(copy.origin,
                     absl::StrCat("more than ", kMaxValues, " values; that is the limit"));
    }
    if (const auto* table = node.as_table()) {
      ASSIGN_OR_RETURN(copy.value, Table(*table, depth));
    } else if (const auto* list = node.as_array()) {
      ASSIGN_OR_RETURN(copy.value, List(*list, depth));
    } else if (const auto* text = node.as_string()) {
      copy.value = text->get();
    } else if (const auto* integer = node.as_integer()) {
      copy.value = integer->get();
    } else if (const auto* number = node.as_floating_point()) {
      copy.value = number->get();
    } else if (const auto* flag = node.as_boolean()) {
      copy.value = flag->get();
    } else {
      return ErrorAt(copy.origin, "no key takes a date or a time; for a text, put it in quotes");
    }
    return copy;
  }

  absl::StatusOr<TomlList> List(const toml::array& list, int depth) {
    TomlList copy;
    for (const toml::node& node : list) {
      ASSIGN_OR_RETURN(TomlValue value, Value(node, depth + 1));
      copy.push_back(std::move(value));
    }
    return copy;
  }

  absl::string_view name_;
  std::size_t values_ = 0;  // so far
};

// The word without quotes at which the parser failed here, or "": "fedprox" in `name = fedprox`,
// for which the parser's own message is that it is not "false". `column` counts from 1.
absl::string_view WordWithoutQuotes(absl::string_view text, std::uint32_t number,
                                    std::uint32_t column) {
  for (std::uint32_t line = 1; line < number; ++line) {
    const std::size_t end = text.find('\n');
    if (end == absl::string_view::npos) return "";
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  const auto in_word = [&](std::size_t at) {
    return at < text.size() && IsBareWord(text.substr(at, 1));
  };
  std::size_t begin = std::min<std::size_t>(column == 0 ? 0 : column - 1, text.size());
  if (!in_word(begin) && begin > 0) --begin;  // it may point just after the word
  while (begin > 0 && in_word(begin - 1)) --begin;
  std::size_t end = begin;
  while (in_word(end)) ++end;
  // It must be a value: after an equals sign, or inside a list.
  const absl::string_view before = absl::StripTrailingAsciiWhitespace(text.substr(0, begin));
  const absl::string_view word = text.substr(begin, end - begin);
  const bool is_value = absl::EndsWith(before, "=") || absl::EndsWith(before, "[");
  static constexpr absl::string_view kValues[] = {"true", "false", "inf", "nan"};
  if (word.empty() || !is_value || !absl::ascii_isalpha(static_cast<unsigned char>(word[0])) ||
      std::ranges::find(kValues, word) != std::end(kValues)) {
    return "";
  }
  return word;
}

absl::Status SyntaxError(const Origin& origin, absl::string_view text, absl::string_view what) {
  // A text whose quotes are not closed runs on into words that are correct.
  const absl::string_view word =
      absl::StrContains(what, "string") ? "" : WordWithoutQuotes(text, origin.line, origin.column);
  if (word.empty()) return ErrorAt(origin, what);
  return ErrorAt(origin,
                 absl::StrCat(ShownText(word), " without quotes: a text goes in quotes; only ",
                              "numbers, true and false go without"));
}

}  // namespace

bool IsBareWord(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c)) &&
           !absl::StrContains("\"'[]{},=#", c);
  });
}

absl::StatusOr<TomlTable> ReadToml(absl::string_view text, absl::string_view name) {
  if (text.size() > kMaxFileBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": ", text.size(), " bytes; the limit is ", kMaxFileBytes));
  }
  if (const auto dots = static_cast<std::size_t>(std::count(text.begin(), text.end(), '.'));
      dots > kMaxDots) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": ", dots, " dots; the limit is ", kMaxDots));
  }
  try {
    return Copier(name).Table(toml::parse(std::string_view(text.data(), text.size())), 0);
  } catch (const toml::parse_error& error) {
    const std::string_view what = error.description();
    return SyntaxError(OriginOf(error.source(), name), text,
                       absl::string_view(what.data(), what.size()));
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", error.what()));
  }
}

}  // namespace fedround::config
