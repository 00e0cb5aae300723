// The rules of experiment.proto, applied to values.
#pragma once

#include <span>
#include <string>

#include "absl/strings/string_view.h"

namespace google::protobuf {
class FieldDescriptor;
}

namespace fedround::v1 {
class FieldRule;
}

namespace fedround::config {

// The key that selects the table entry of a plug-in.
inline constexpr absl::string_view kPlugInName = "name";
// The key that names the file that an experiment extends.
inline constexpr absl::string_view kExtends = "extends";

const v1::FieldRule& RuleOf(const google::protobuf::FieldDescriptor& field);
bool IsPlugIn(const google::protobuf::FieldDescriptor& field);

// What is wrong with `value`: "must be <= 1000 s". Empty if nothing. NaN is outside every range.
std::string RangeProblem(const v1::FieldRule& rule, double value);
// What is wrong with `value`: "must be \"mlp\" or \"linear\"". Empty if nothing.
std::string OneOfProblem(const v1::FieldRule& rule, absl::string_view value);

// "; did you mean \"hidden\"?", or "" if no name is near.
std::string DidYouMean(absl::string_view name, std::span<const absl::string_view> known);

}  // namespace fedround::config
