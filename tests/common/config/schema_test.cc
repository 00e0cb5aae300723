// What every field of experiment.proto must say about itself; a new field is checked as soon as it
// exists.
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/named_enum.h"
#include "common/config/experiment.h"
#include "common/config/schema/documentation.h"
#include "common/config/schema/renamed_keys.h"
#include "common/config/schema/rules.h"
#include "common/config/schema/tables.h"
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

// "federation.cohort".
std::string KeyOf(const FieldDescriptor& field) {
  std::string section = field.containing_type()->name();
  section[0] = static_cast<char>(section[0] - 'A' + 'a');
  return absl::StrCat(section, ".", field.name());
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

// A rule and its line of kTables: one for one.
TEST(Schema, EveryTableIsWhereItSays) {
  std::map<std::string, std::string> keys;
  for (const TableInfo& table : Tables()) keys[std::string(table.name)] = std::string(table.key);
  std::map<std::string, std::string> fields;
  for (const FieldDescriptor* field : AllFields()) {
    if (IsPlugIn(*field)) fields[RuleOf(*field).table()] = KeyOf(*field);
  }
  EXPECT_EQ(keys, fields);
}

// What an enum calls its values is what the rule of its key lets pass, and the other way round.
TEST(Schema, TextsThatAreOneOfAFewAreEnums) {
  std::map<std::string, std::vector<std::string>> names;
  const Experiment experiment;
  Experiment::Sections(experiment, [&]<typename Section>(const char* name, const Section& section) {
    Section::Keys(section, [&]<typename T>(const char* key, const T&) {
      if constexpr (NamedEnum<T>) {
        const auto all = NamesOf(T());
        names[absl::StrCat(name, ".", key)].assign(all.begin(), all.end());
      }
    });
  });
  std::map<std::string, std::vector<std::string>> rules;
  for (const FieldDescriptor* field : AllFields()) {
    const auto& one_of = RuleOf(*field).one_of();
    if (!one_of.empty()) rules[KeyOf(*field)].assign(one_of.begin(), one_of.end());
  }
  EXPECT_EQ(names, rules);
}

TEST(Schema, RenamedKeysLeadToKeys) {
  for (const RenamedKey& renamed : RenamedKeys()) {
    const auto* section =
        v1::Experiment::descriptor()->FindFieldByName(std::string(renamed.section));
    ASSERT_NE(section, nullptr) << renamed.section;
    const auto& keys = *section->message_type();
    EXPECT_EQ(keys.FindFieldByName(std::string(renamed.old_name)), nullptr) << renamed.old_name;
    EXPECT_NE(keys.FindFieldByName(std::string(renamed.new_name)), nullptr) << renamed.new_name;
  }
}

TEST(Schema, EveryFieldHasAComment) {
  const Documentation documentation;
  for (const FieldDescriptor* field : AllFields()) {
    EXPECT_NE(documentation.Of(KeyOf(*field)), "") << field->full_name();
  }
}

TEST(Documentation, JoinsLinesWithoutTheirMargin) {
  EXPECT_EQ(
      Documentation().Of("federation.min_updates"),
      "A round with fewer updates than this has failed: federation.on_too_few says what follows. "
      "Clients that\nfederation.dropout removes are not expected, so they do not count as "
      "missing.");
}

TEST(Documentation, HasSectionsToo) {
  EXPECT_EQ(
      Documentation().Of("fold"),
      "The fixed-point grid on which updates are summed. Sums of integers do not depend on their "
      "order.");
}

}  // namespace
}  // namespace fedround::config
