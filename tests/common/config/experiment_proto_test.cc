// No field may be forgotten between struct, message and bytes.
#include "common/config/experiment_proto.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/config/schema/rules.h"
#include "common/config/serialized.h"
#include "fedround/v1/experiment.pb.h"
#include "fedround/v1/options.pb.h"
#include "tests/common/config/fake_tables.h"

namespace fedround::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using ::testing::HasSubstr;

// Gives each field a value that is neither zero nor another field's.
void SetAll(Message& message, int& next) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    ++next;
    if (field.message_type() == v1::PlugIn::descriptor()) {
      auto& plug_in = static_cast<v1::PlugIn&>(field.is_repeated()
                                                   ? *reflection.AddMessage(&message, &field)
                                                   : *reflection.MutableMessage(&message, &field));
      plug_in.set_name(absl::StrCat("plug_in_", next));
      (*plug_in.mutable_options())["number"].set_number(next);
      (*plug_in.mutable_options())["text"].set_text(absl::StrCat("text_", next));
      (*plug_in.mutable_options())["flag"].set_flag(true);
    } else if (field.message_type() != nullptr) {
      SetAll(*reflection.MutableMessage(&message, &field), next);
    } else if (field.is_repeated() && field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      reflection.AddString(&message, &field, absl::StrCat("text_", next));
    } else if (field.is_repeated()) {
      reflection.AddUInt32(&message, &field, static_cast<std::uint32_t>(next));
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
      reflection.SetUInt32(&message, &field, static_cast<std::uint32_t>(next));
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64) {
      reflection.SetUInt64(&message, &field,
                           (std::uint64_t{1} << 40) + static_cast<unsigned>(next));
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
      reflection.SetDouble(&message, &field, next + 0.25);
    } else if (const auto& one_of = RuleOf(field).one_of(); !one_of.empty()) {
      reflection.SetString(&message, &field, one_of[one_of.size() - 1]);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      reflection.SetString(&message, &field, absl::StrCat("text_", next));
    } else {
      CHECK(field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL);
      reflection.SetBool(&message, &field, true);
    }
  }
}

TEST(ExperimentProto, EveryFieldSurvivesTheRoundTrip) {
  v1::Experiment message;
  int next = 0;
  SetAll(message, next);
  google::protobuf::util::MessageDifferencer differencer;
  std::string difference;
  differencer.ReportDifferencesToString(&difference);
  EXPECT_TRUE(differencer.Compare(message, ToProto(FromProto(message)))) << difference;
}

TEST(Serialized, ParsesToTheSameExperiment) {
  const auto experiment = LoadText("[model]\nactivation = {name = \"leaky_relu\", slope = 0.5}\n");
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  const std::string bytes = SerializeExperiment(*experiment);
  const auto parsed = ParseSerialized(bytes, FakeTable);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(SerializeExperiment(*parsed), bytes);
}

TEST(Serialized, ChecksRanges) {
  auto experiment = LoadText("");
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  experiment->training.learning_rate = -0.1;
  experiment->model.hidden = {5, 0};
  EXPECT_EQ(ParseSerialized(SerializeExperiment(*experiment), FakeTable).status().message(),
            "model.hidden[1] = 0: must be >= 1 units\ntraining.learning_rate = -0.1: must be > 0");
}

TEST(Serialized, ChecksPlugIns) {
  auto experiment = LoadText("");
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  experiment->model.activation.name = "rellu";
  EXPECT_THAT(
      std::string(ParseSerialized(SerializeExperiment(*experiment), FakeTable).status().message()),
      HasSubstr("model.activation: unknown activation \"rellu\""));
}

TEST(Serialized, ChecksAcrossFields) {
  auto experiment = LoadText("");
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  experiment->federation.cohort = 11;
  EXPECT_EQ(ParseSerialized(SerializeExperiment(*experiment), FakeTable).status().message(),
            "federation.cohort = 11: must be <= federation.clients = 10");
}

TEST(Serialized, RefusesAnOptionWithoutAValue) {
  const auto experiment = LoadText("[model]\nactivation = \"leaky_relu\"\n");
  ASSERT_TRUE(experiment.ok()) << experiment.status();
  v1::Experiment message = ToProto(*experiment);
  message.mutable_model()->mutable_activation()->mutable_options()->at("slope").clear_kind();
  EXPECT_EQ(ParseSerialized(message.SerializeAsString(), FakeTable).status().message(),
            "model.activation.slope: must be a number, not a text");
}

TEST(Serialized, RefusesAnEmptyMessage) {
  EXPECT_TRUE(absl::IsInvalidArgument(ParseSerialized("", FakeTable).status()));
}

TEST(Serialized, RefusesOtherBytes) {
  EXPECT_EQ(ParseSerialized("\xff\xff\xff", FakeTable).status().message(),
            "experiment: these 3 bytes are not a fedround.v1.Experiment");
}

// Protobuf would log one line per text: a coordinator could fill its clients' logs.
TEST(Serialized, RefusesTextThatIsNotUtf8WithoutALineOfLog) {
  v1::Experiment message;
  message.mutable_data()->set_layout("xx");
  std::string bytes = message.SerializeAsString();
  bytes.replace(bytes.find("xx"), 2, "\xff\xff");
  ::testing::internal::CaptureStderr();
  const absl::Status status = ParseSerialized(bytes, FakeTable).status();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
}

TEST(Serialized, NamesTheLimitOfItsSize) {
  EXPECT_EQ(ParseSerialized(std::string(1'048'577, '\0'), FakeTable).status().message(),
            "experiment: 1048577 bytes; the limit is 1048576");
}

}  // namespace
}  // namespace fedround::config
