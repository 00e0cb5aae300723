// fedround list: the tables that an experiment's plug-ins come from.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/exit_code.h"
#include "common/config/schema/tables.h"
#include "common/nn/activations/table.h"
#include "common/nn/network.h"
#include "experiments/cli/commands/commands.h"
#include "experiments/cli/text/activation_sheet.h"

namespace fedround::cli {
namespace {

using config::TableInfo;

struct ValueText {
  std::string operator()(double number) const { return absl::StrFormat("%.10g", number); }
  std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  std::string operator()(const std::string& text) const { return absl::StrCat("\"", text, "\""); }
};

bool IsNumber(const OptionSpec& option) {
  return std::holds_alternative<double>(option.default_value);
}

// "(0.9; 0 .. 1)", "(required)", "(required; 1 .. 4096)".
std::string RuleText(const OptionSpec& option) {
  const std::string value = std::visit(ValueText{}, option.default_value);
  const std::string given = MustBeGiven(option) ? "required" : value;
  if (!IsNumber(option)) return absl::StrCat("(", given, ")");
  return absl::StrFormat("(%s; %.10g .. %.10g)", given, option.min, option.max);
}

void PrintOptions(std::span<const OptionSpec> options, const std::string& indent) {
  std::size_t width = 0;
  for (const OptionSpec& option : options) width = std::max(width, option.name.size());
  for (const OptionSpec& option : options) {
    std::cout << indent
              << absl::StrFormat("%-*s  %s %s\n", static_cast<int>(width), option.name, option.help,
                                 RuleText(option));
  }
}

// The sheet of the entry with that name, if it has one: only activations do.
std::optional<ActivationSheet> FindSheet(const TableInfo& table, absl::string_view name) {
  if (table.infos != nn::Activations) return std::nullopt;
  for (const nn::ActivationEntry& entry : nn::ActivationTable()) {
    if (entry.info.name == name) return SheetOf(entry);
  }
  return std::nullopt;
}

// A time below the variation of the copies around it cannot be measured.
std::string NanosText(double ns) {
  return ns < 0.0005 ? "too little to measure" : absl::StrFormat("%.3f", ns);
}

void PrintSheet(const ActivationSheet& sheet, const std::string& indent) {
  std::cout << indent
            << absl::StrFormat("gain %.5g; keeps its %s; %s; kernels %s\n", sheet.gain, sheet.keeps,
                               sheet.kinks.empty()
                                   ? "no kink"
                                   : absl::StrCat("kinks at ", absl::StrJoin(sheet.kinks, ", ")),
                               absl::StrJoin(sheet.kernels, ", "))
            << indent
            << absl::StrFormat("on this machine: %s ns per element forward, %s backward\n",
                               NanosText(sheet.forward_ns), NanosText(sheet.backward_ns));
}

void PrintText(const TableInfo& table) {
  std::cout << table.plural << " (" << table.key << ")\n";
  std::size_t width = 0;
  for (const PlugInInfo& entry : table.infos()) width = std::max(width, entry.name.size());
  const std::string indent(width + 4, ' ');
  for (const PlugInInfo& entry : table.infos()) {
    std::cout << absl::StrFormat("  %-*s  %s\n", static_cast<int>(width), entry.name,
                                 entry.summary);
    if (!entry.source.empty()) std::cout << indent << entry.source << "\n";
    PrintOptions(entry.options, indent);
    if (const auto sheet = FindSheet(table, entry.name)) PrintSheet(*sheet, indent);
  }
}

nlohmann::ordered_json OptionJson(const OptionSpec& option) {
  nlohmann::ordered_json json = {{"name", std::string(option.name)},
                                 {"help", std::string(option.help)},
                                 {"required", MustBeGiven(option)}};
  std::visit([&json](const auto& value) { json["default"] = value; }, option.default_value);
  // JSON has no infinity: an open end is left out.
  if (IsNumber(option) && std::isfinite(option.min)) json["min"] = option.min;
  if (IsNumber(option) && std::isfinite(option.max)) json["max"] = option.max;
  if (IsNumber(option)) json["whole"] = option.whole;
  return json;
}

void PrintJson(const TableInfo& table) {
  for (const PlugInInfo& entry : table.infos()) {
    nlohmann::ordered_json json = {
        {"table", std::string(table.plural)},  {"key", std::string(table.key)},
        {"name", std::string(entry.name)},     {"summary", std::string(entry.summary)},
        {"source", std::string(entry.source)}, {"options", nlohmann::ordered_json::array()}};
    for (const OptionSpec& option : entry.options) json["options"].push_back(OptionJson(option));
    if (const auto sheet = FindSheet(table, entry.name)) {
      json["gain"] = sheet->gain;
      json["keeps"] = sheet->keeps;
      json["kinks"] = sheet->kinks;
      json["kernels"] = sheet->kernels;
      json["forward_ns"] = sheet->forward_ns;
      json["backward_ns"] = sheet->backward_ns;
    }
    std::cout << json.dump() << "\n";
  }
}

}  // namespace

int RunList(const ListCommand& command) {
  bool first = true;
  for (const TableInfo& table : config::Tables()) {
    if (!command.table.empty() && command.table != table.plural) continue;
    if (command.json) {
      PrintJson(table);
      continue;
    }
    if (!first) std::cout << "\n";
    first = false;
    PrintText(table);
  }
  std::cout.flush();
  return exit_code::kDone;
}

}  // namespace fedround::cli
