#include "common/config/schema/rules.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/plug_in.h"
#include "common/config/toml/text.h"
#include "fedround/v1/experiment.pb.h"
#include "fedround/v1/options.pb.h"

namespace fedround::config {

const v1::FieldRule& RuleOf(const google::protobuf::FieldDescriptor& field) {
  return field.options().GetExtension(v1::rule);
}

bool IsPlugIn(const google::protobuf::FieldDescriptor& field) {
  return field.message_type() == v1::PlugIn::descriptor();
}

std::string RangeProblem(const v1::FieldRule& rule, double value) {
  const std::string unit = rule.unit().empty() ? "" : absl::StrCat(" ", rule.unit());
  const bool low =
      rule.has_min() && !(rule.exclusive_min() ? value > rule.min() : value >= rule.min());
  if (low) {
    return absl::StrCat("must be ", rule.exclusive_min() ? "> " : ">= ", DoubleText(rule.min()),
                        unit);
  }
  if (rule.has_max() && !(value <= rule.max())) {
    return absl::StrCat("must be <= ", DoubleText(rule.max()), unit);
  }
  return "";
}

std::string OneOfProblem(const v1::FieldRule& rule, absl::string_view value) {
  const std::vector<absl::string_view> known(rule.one_of().begin(), rule.one_of().end());
  if (known.empty() || std::find(known.begin(), known.end(), value) != known.end()) return "";
  const std::string choices = absl::StrJoin(
      known, " or ", [](std::string* out, absl::string_view one) { *out += QuotedText(one); });
  return absl::StrCat("must be ", choices, DidYouMean(value, known));
}

std::string DidYouMean(absl::string_view name, std::span<const absl::string_view> known) {
  const std::string nearest = NearestName(name, known);
  return nearest.empty() ? "" : absl::StrCat("; did you mean \"", nearest, "\"?");
}

}  // namespace fedround::config
