#include "experiments/cli/text/data_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/named_enum.h"
#include "common/base/printable.h"
#include "experiments/cli/screen/terminal.h"
#include "experiments/cli/text/text.h"

namespace fedround::cli {
namespace {

using data::Decoded;
using Lines = std::vector<std::string>;
using Json = nlohmann::ordered_json;

// If there are more classes, only this many are listed; one line sums up the others.
constexpr std::size_t kMostClasses = 20;

std::string Labelled(absl::string_view label, absl::string_view text) {
  return absl::StrFormat("%-10s %s", label, Printable(text));
}

absl::string_view TypeText(const Decoded& decoded) {
  return decoded.type == data::ValueType::kUint8 ? "bytes, read as value / 255" : "float32";
}

std::string FeaturesText(const Decoded& decoded) {
  const FeatureShape& shape = decoded.shape;
  std::string text = absl::StrCat(decoded.inputs(), ", ", TypeText(decoded));
  if (!shape.is_flat()) {
    absl::StrAppend(&text, "; images of ", shape.height, " x ", shape.width, " pixels and ",
                    CountText(shape.channels, "channel"));
  }
  if (decoded.layout.has_value()) {
    absl::StrAppend(&text, " (layout ", NameOf(*decoded.layout), ")");
  }
  return text;
}

std::string RangeText(const analysis::InputRange& range) {
  std::string text = absl::StrFormat("%g .. %g", range.least, range.most);
  if (range.not_finite > 0) {
    absl::StrAppendFormat(
        &text, ", %.3g %% not finite",
        100 * static_cast<double>(range.not_finite) / static_cast<double>(range.values));
  }
  if (range.constant > 0) {
    absl::StrAppend(&text, "; ", CountText(range.constant, "constant feature"));
  }
  return text;
}

void AppendArrays(Lines& lines, const std::vector<data::NpzArray>& arrays) {
  std::size_t name_columns = 0;
  std::size_t type_columns = 0;
  for (const data::NpzArray& array : arrays) {
    name_columns = std::max(name_columns, array.name.size());
    type_columns = std::max(type_columns, array.type_name.size());
  }
  for (const data::NpzArray& array : arrays) {
    lines.push_back(Labelled(
        "array",
        absl::StrFormat("%-*s  %-*s  (%s%s)", static_cast<int>(name_columns), array.name,
                        static_cast<int>(type_columns), array.type_name,
                        absl::StrJoin(array.shape, ", "), array.shape.size() == 1 ? "," : "")));
  }
}

// "10 of 6000 training examples", "3 of 2 .. 17 training examples".
std::string SizesText(std::size_t count, std::uint64_t least, std::uint64_t most) {
  return absl::StrCat(count, " of ", least, least == most ? "" : absl::StrCat(" .. ", most),
                      " training examples");
}

void AppendClasses(Lines& lines, const analysis::DataReport& report) {
  const std::vector<std::uint64_t>& train = report.train_of_class;
  const auto [least, most] = std::ranges::minmax(train);
  lines.push_back(Labelled("classes", SizesText(train.size(), least, most)));
  const std::size_t listed = train.size() > kMostClasses ? kMostClasses / 2 : train.size();
  for (std::size_t label = 0; label < listed; ++label) {
    lines.push_back(Labelled("", absl::StrFormat("%4d  %8d training  %8d test", label, train[label],
                                                 report.test_of_class[label])));
  }
  if (listed < train.size()) {
    lines.push_back(Labelled("", absl::StrCat("and ", train.size() - listed, " more classes")));
  }
}

void AppendDecoded(Lines& lines, const DataDescription& description) {
  const Decoded& decoded = *description.decoded;
  const analysis::DataReport& report = description.report;
  lines.push_back(Labelled("examples", absl::StrCat(decoded.train.labels.size(), " training, ",
                                                    decoded.test.labels.size(), " test")));
  lines.push_back(Labelled("features", FeaturesText(decoded)));
  lines.push_back(Labelled("range", RangeText(report.range)));
  AppendClasses(lines, report);
  if (const auto& clients = report.clients; clients.has_value()) {
    lines.push_back(
        Labelled("clients", SizesText(clients->clients, clients->smallest, clients->largest)));
  }
}

Json ClassesJson(const analysis::DataReport& report) {
  Json classes = Json::array();
  for (std::size_t label = 0; label < report.train_of_class.size(); ++label) {
    classes.push_back({{"class", label},
                       {"train", report.train_of_class[label]},
                       {"test", report.test_of_class[label]}});
  }
  return classes;
}

void AddDecoded(Json& json, const DataDescription& description) {
  const Decoded& decoded = *description.decoded;
  const analysis::DataReport& report = description.report;
  json["train"] = decoded.train.labels.size();
  json["test"] = decoded.test.labels.size();
  json["features"] = decoded.inputs();
  json["type"] = decoded.type == data::ValueType::kUint8 ? "uint8" : "float32";
  if (!decoded.shape.is_flat()) {
    json["image"] = {{"height", decoded.shape.height},
                     {"width", decoded.shape.width},
                     {"channels", decoded.shape.channels}};
    if (decoded.layout.has_value()) {
      json["image"]["layout"] = std::string(NameOf(*decoded.layout));
    }
  }
  json["classes"] = ClassesJson(report);
  if (const auto& clients = report.clients; clients.has_value()) {
    json["clients"] = {{"count", clients->clients},
                       {"smallest", clients->smallest},
                       {"largest", clients->largest}};
  }
  json["range"] = {{"min", report.range.least},         {"max", report.range.most},
                   {"values", report.range.values},     {"not_finite", report.range.not_finite},
                   {"constant", report.range.constant}, {"wide", report.range.wide}};
  json["copies"] = {{"in_train", report.copies.in_train},
                    {"labelled_otherwise", report.copies.labelled_otherwise},
                    {"of_train_in_test", report.copies.of_train_in_test}};
  json["notes"] = analysis::Notes(decoded, report);
}

}  // namespace

std::vector<std::string> DataLines(const DataDescription& description, bool colour) {
  Lines lines = {Bold(Labelled("data", description.name), colour)};
  AppendArrays(lines, description.arrays);
  if (!description.decoded.has_value()) return lines;
  AppendDecoded(lines, description);
  for (const std::string& note : analysis::Notes(*description.decoded, description.report)) {
    lines.push_back(Red(Labelled("note", note), colour));
  }
  return lines;
}

std::string DataJson(const DataDescription& description) {
  Json json = {{"data", description.name}, {"readable", description.verdict.ok()}};
  if (!description.verdict.ok()) json["error"] = std::string(description.verdict.message());
  json["arrays"] = Json::array();
  for (const data::NpzArray& array : description.arrays) {
    json["arrays"].push_back(
        {{"name", array.name}, {"dtype", array.type_name}, {"shape", array.shape}});
  }
  if (description.decoded.has_value()) AddDecoded(json, description);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace fedround::cli
