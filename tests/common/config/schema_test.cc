// What every field of experiment.proto must say about itself; a new field is checked as soon as it
// exists.
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/config/schema/documentation.h"
#include "common/config/schema/rules.h"
#include "fedround/v1/experiment.pb.h"
#include "fedround/v1/options.pb.h"
#include "tests/common/config/fake_tables.h"

namespace fedround::config {
namespace {

using google::protobuf::FieldDescriptor;

std::vector<const FieldDescriptor*> AllFields() {
  std::vector<const FieldDescriptor*> fields;
  const google::protobuf::Descriptor& experiment = *v1::Experiment::descriptor();
  for (int i = 0; i < experiment.field_count(); ++i) {
    const google::protobuf::Descriptor& section = *experiment.field(i)->message_type();
    for (int j = 0; j < section.field_count(); ++j) fields.push_back(section.field(j));
  }
  return fields;
}

TEST(Schema, EveryFieldHasADefault) {
  for (const FieldDescriptor* field : AllFields()) {
    EXPECT_NE(RuleOf(*field).default_(), "") << field->full_name();
  }
}

TEST(Schema, EveryDefaultIsValid) {
  const auto experiment = LoadText("");
  EXPECT_TRUE(experiment.ok()) << experiment.status();
}

TEST(Schema, EveryNumberHasARangeThatFitsItsType) {
  for (const FieldDescriptor* field : AllFields()) {
    const v1::FieldRule& rule = RuleOf(*field);
    const auto type = field->cpp_type();
    const bool is_32_bits = type == FieldDescriptor::CPPTYPE_UINT32;
    const bool is_integer = is_32_bits || type == FieldDescriptor::CPPTYPE_UINT64;
    if (!is_integer && type != FieldDescriptor::CPPTYPE_DOUBLE) continue;
    EXPECT_TRUE(rule.has_min() && rule.has_max()) << field->full_name();
    if (!is_integer) continue;
    EXPECT_GE(rule.min(), 0) << field->full_name();
    EXPECT_LE(rule.max(), is_32_bits ? std::numeric_limits<std::uint32_t>::max() : 0x1p53)
        << field->full_name();
  }
}

TEST(Schema, EveryPlugInHasATable) {
  for (const FieldDescriptor* field : AllFields()) {
    EXPECT_EQ(IsPlugIn(*field), !RuleOf(*field).table().empty()) << field->full_name();
  }
}

TEST(Schema, EveryFieldHasAComment) {
  const Documentation documentation;
  for (const FieldDescriptor* field : AllFields()) {
    std::string section = field->containing_type()->name();
    section[0] = static_cast<char>(section[0] - 'A' + 'a');
    EXPECT_NE(documentation.Of(absl::StrCat(section, ".", field->name())), "")
        << field->full_name();
  }
}

TEST(Documentation, JoinsLinesWithoutTheirMargin) {
  EXPECT_EQ(
      Documentation().Of("federation.min_updates"),
      "A round with fewer updates than this ends the run. Clients that federation.dropout removes "
      "are not\nexpected, so they do not count as missing.");
}

TEST(Documentation, HasSectionsToo) {
  EXPECT_EQ(
      Documentation().Of("fold"),
      "The fixed-point grid on which updates are summed. Sums of integers do not depend on their "
      "order.");
}

}  // namespace
}  // namespace fedround::config
