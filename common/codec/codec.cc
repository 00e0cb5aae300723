#include "common/codec/codec.h"

#include <charconv>
#include <utility>
#include <variant>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/check.h"
#include "common/base/plug_in_table.h"
#include "common/base/status_macros.h"
#include "common/codec/codecs/table.h"
#include "common/codec/step.h"

namespace fedround::codec {
namespace {

constexpr char kDefaultNumbers[] = "float32";

using ResolvedStep = ResolvedEntry<CodecEntry>;

bool WritesNumbers(const CodecEntry& entry) {
  return std::holds_alternative<MakeNumbers>(entry.make);
}

// Of a chain whose entries follow each other, every one but the last is a selection.
absl::Status CheckOrder(absl::string_view key, std::span<const ResolvedStep> steps) {
  std::vector<absl::string_view> numbers;
  for (const CodecEntry& entry : CodecTable()) {
    if (WritesNumbers(entry)) numbers.push_back(entry.info.name);
  }
  for (std::size_t i = 1; i < steps.size(); ++i) {
    const CodecEntry& before = *steps[i - 1].entry;
    if (!WritesNumbers(before) && WritesNumbers(*steps[i].entry)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        key, ": \"", steps[i].entry->info.name, "\" cannot follow \"", before.info.name, "\"",
        WritesNumbers(before) ? ", which turns numbers into bytes and must be the last"
                              : absl::StrCat("; ", "what can: ", absl::StrJoin(numbers, ", "))));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ResolvedStep>> ResolveChain(absl::string_view key,
                                                       std::span<const PlugIn> chain) {
  std::vector<ResolvedStep> steps;
  for (const PlugIn& plug_in : chain) {
    ASSIGN_OR_RETURN(steps.emplace_back(), ResolveEntry(key, "codec", plug_in, CodecTable()));
  }
  RETURN_IF_ERROR(CheckOrder(key, steps));
  if (steps.empty() || !WritesNumbers(*steps.back().entry)) {
    ASSIGN_OR_RETURN(steps.emplace_back(),
                     ResolveEntry(key, "codec", {kDefaultNumbers, {}}, CodecTable()));
  }
  return steps;
}

absl::StatusOr<std::unique_ptr<const Step>> MakeSteps(std::span<const ResolvedStep> steps,
                                                      std::size_t elements) {
  const auto& [entry, options] = steps.front();
  if (const MakeNumbers* make = std::get_if<MakeNumbers>(&entry->make)) {
    return (*make)(options, elements);
  }
  return std::get<MakeSelection>(entry->make)(
      options, elements, [steps](std::size_t kept) { return MakeSteps(steps.subspan(1), kept); });
}

// The shortest text that is read back as the same number.
std::string Shortest(double number) {
  char text[32];
  const std::to_chars_result end = std::to_chars(std::begin(text), std::end(text), number);
  return std::string(text, end.ptr);
}

std::string ValueText(const OptionValue& value) {
  if (const double* number = std::get_if<double>(&value)) return Shortest(*number);
  if (const bool* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  return absl::StrCat("\"", absl::CEscape(std::get<std::string>(value)), "\"");
}

std::string StepName(const ResolvedStep& step) {
  if (step.options.options.empty()) return step.options.name;
  const auto append_option = [](std::string* text, const auto& option) {
    absl::StrAppend(text, option.first, "=", ValueText(option.second));
  };
  return absl::StrCat(step.options.name, "{",
                      absl::StrJoin(step.options.options, ",", append_option), "}");
}

}  // namespace

std::span<const PlugInInfo> Codecs() {
  static const std::vector<PlugInInfo> kInfos = TableInfos(CodecTable());
  return kInfos;
}

absl::StatusOr<std::unique_ptr<const Codec>> MakeCodec(absl::string_view key,
                                                       std::span<const PlugIn> chain,
                                                       std::size_t elements) {
  ASSIGN_OR_RETURN(const std::vector<ResolvedStep> steps, ResolveChain(key, chain));
  absl::StatusOr<std::unique_ptr<const Step>> first = MakeSteps(steps, elements);
  if (!first.ok()) return Annotate(key, first.status());
  std::vector<std::string> names;
  for (const ResolvedStep& step : steps) names.push_back(StepName(step));
  return std::unique_ptr<const Codec>(
      new Codec(absl::StrJoin(names, "+"), elements, *std::move(first)));
}

Codec::Codec(std::string name, std::size_t elements, std::unique_ptr<const Step> step)
    : name_(std::move(name)), elements_(elements), step_(std::move(step)), facts_(step_->facts()) {}

Codec::~Codec() = default;

absl::Status Codec::Encode(std::span<const float> values, std::vector<std::byte>& payload) const {
  CHECK(values.size() == elements_);
  payload.clear();
  if (const std::optional<Refusal> refusal = step_->Encode(values, payload)) {
    return absl::InvalidArgumentError(absl::StrCat(name_, ": entry ", refusal->index, " is ",
                                                   values[refusal->index], "; ", refusal->why));
  }
  CHECK(facts_.min_bytes <= payload.size() && payload.size() <= facts_.max_bytes);
  return absl::OkStatus();
}

std::unique_ptr<Decoder> Codec::MakeDecoder(std::span<float> values) const {
  CHECK(values.size() == elements_);
  return step_->MakeDecoder(values);
}

std::vector<double> Codec::ErrorBounds(std::span<const float> values) const {
  CHECK(values.size() == elements_);
  std::vector<double> bounds(values.size());
  step_->ErrorBounds(values, bounds);
  return bounds;
}

}  // namespace fedround::codec
