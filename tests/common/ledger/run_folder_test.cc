#include "common/ledger/run_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "absl/strings/str_replace.h"
#include "common/ledger/machine.h"
#include "tests/common/ledger/ledger_test_support.h"

namespace fedround::ledger {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Endpoint SampleEndpoint() {
  return {.address = "127.0.0.1:5000", .token = "0f0f", .run_id = "r1", .pid = 42};
}

RunStatus SampleStatus() {
  return {.outcome = RunOutcome::kFailed,
          .message = "round 3: 1 update, needs 2",
          .exit_code = 4,
          .rounds_done = 2,
          .model_sha256 = std::string(64, 'b'),
          .accuracy = 0.75,
          .loss = 0.5,
          .best_accuracy = 0.875,
          .best_round = 1,
          .end_time = "2026-01-31T12:34:56Z",
          .cpu_s = 1.5};
}

Manifest SampleManifest() {
  Manifest manifest = DescribeThisProcess();
  manifest.command = {"fedround", "run", "a b.toml"};
  manifest.seed = 9007199254740991;
  manifest.data_hash = "cafe";
  manifest.experiment_hash = std::string(64, '0');
  manifest.initial_sha256 = std::string(64, 'c');
  manifest.parameters = 8;
  manifest.tensors = {{"hidden1.weight", {2, 3}}, {"hidden1.bias", {2}}};
  return manifest;
}

TEST(RunFolder, EndpointRoundTrips) {
  const std::string folder = TestFolder();
  ASSERT_TRUE(WriteEndpoint(folder, SampleEndpoint()).ok());
  const auto read = ReadEndpoint(folder);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, SampleEndpoint());
}

TEST(RunFolder, OnlyTheOwnerCanReadTheToken) {
  const std::string folder = TestFolder();
  ASSERT_TRUE(WriteEndpoint(folder, SampleEndpoint()).ok());
  struct stat info {};
  ASSERT_EQ(stat((folder + "/endpoint.json").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
}

TEST(RunFolder, StatusRoundTrips) {
  const std::string folder = TestFolder();
  ASSERT_TRUE(WriteRunStatus(folder, SampleStatus()).ok());
  const auto read = ReadRunStatus(folder);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, SampleStatus());
}

TEST(RunFolder, AStatusOfAnOlderVersionIsRead) {
  const std::string folder = TestFolder();
  ASSERT_TRUE(WriteFileAtomically(folder + "/status.json",
                                  R"({"outcome": "done", "message": "", "exit_code": 0,
                                      "rounds_done": 2, "model_sha256": ""})")
                  .ok());
  const auto read = ReadRunStatus(folder);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_FALSE(read->accuracy.has_value());
}

TEST(RunFolder, AStatusWithoutModelRoundTrips) {
  const std::string folder = TestFolder();
  RunStatus status = SampleStatus();
  status.model_sha256 = "";
  ASSERT_TRUE(WriteRunStatus(folder, status).ok());
  const auto read = ReadRunStatus(folder);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, status);
}

TEST(RunFolder, ManifestOfThisProcessRoundTrips) {
  const std::string folder = TestFolder();
  const Manifest manifest = SampleManifest();
  ASSERT_TRUE(WriteManifest(folder, manifest).ok());
  const auto read = ReadManifest(folder);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, manifest);
}

TEST(RunFolder, AManifestWithoutAnInitialModelRoundTrips) {
  const std::string folder = TestFolder();
  Manifest manifest = SampleManifest();
  manifest.initial_sha256.reset();
  ASSERT_TRUE(WriteManifest(folder, manifest).ok());
  const auto read = ReadManifest(folder);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, manifest);
}

TEST(RunFolder, AManifestKnowsItsMachine) {
  const Manifest manifest = DescribeThisProcess();
  EXPECT_GT(manifest.cores, 0U);
  EXPECT_GT(manifest.memory_bytes, 1U << 20);
  for (const std::string& text : {manifest.version, manifest.build, manifest.compiler,
                                  manifest.host, manifest.kernel, manifest.simd}) {
    EXPECT_THAT(text, Not(IsEmpty()));
  }
}

TEST(RunFolder, AMissingDocumentIsNotFound) {
  EXPECT_EQ(ReadEndpoint(TestFolder()).status().code(), absl::StatusCode::kNotFound);
}

TEST(RunFolder, ADocumentTooLargeIsRefusedUnread) {
  const std::string folder = TestFolder();
  ASSERT_TRUE(WriteFileAtomically(folder + "/status.json", std::string((4 << 20) + 1, ' ')).ok());
  EXPECT_EQ(ReadRunStatus(folder).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(RunFolder, WritingWhereNothingCanBeWrittenNamesThePath) {
  EXPECT_THAT(WriteRunStatus("/nowhere", SampleStatus()).message(),
              HasSubstr("/nowhere/status.json"));
}

// A document in which `from` was replaced by `to`.
struct Edit {
  const char* file;
  const char* from;
  const char* to;
  const char* message;
};

class EditedDocument : public ::testing::TestWithParam<Edit> {};

TEST_P(EditedDocument, IsInvalidAndNamesPathAndMember) {
  const std::string folder = TestFolder();
  ASSERT_TRUE(WriteEndpoint(folder, SampleEndpoint()).ok());
  ASSERT_TRUE(WriteRunStatus(folder, SampleStatus()).ok());
  ASSERT_TRUE(WriteManifest(folder, SampleManifest()).ok());
  const std::string path = absl::StrCat(folder, "/", GetParam().file);
  const std::string text = ReadFile(path).value();
  const std::string edited = absl::StrReplaceAll(text, {{GetParam().from, GetParam().to}});
  ASSERT_NE(edited, text);
  ASSERT_TRUE(WriteFileAtomically(path, edited).ok());
  const std::string file = GetParam().file;
  const absl::Status status = file == "endpoint.json" ? ReadEndpoint(folder).status()
                              : file == "status.json" ? ReadRunStatus(folder).status()
                                                      : ReadManifest(folder).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr(path));
  EXPECT_THAT(status.message(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, EditedDocument,
    ::testing::Values(Edit{"endpoint.json", "127.0.0.1:5000", "", "\"address\""},
                      Edit{"endpoint.json", "127.0.0.1:5000", "127.0.0.1", "\"address\""},
                      Edit{"endpoint.json", "0f0f", "", "\"token\""},
                      Edit{"endpoint.json", "0f0f", "0f\\n0f", "\"token\""},
                      Edit{"endpoint.json", "\"r1\"", "\"\"", "\"run_id\""},
                      Edit{"endpoint.json", "42", "0", "\"pid\""},
                      Edit{"endpoint.json", "42", "\"42\"", "\"pid\""},
                      Edit{"endpoint.json", "\"pid\"", "\"PID\"", "\"pid\" is missing"},
                      Edit{"status.json", "failed", "fine", "\"outcome\""},
                      Edit{"status.json", ": 4", ": 256", "\"exit_code\""},
                      Edit{"status.json", ": 4", ": -1", "\"exit_code\""},
                      Edit{"status.json", "bbbbb", "BBBBB", "\"model_sha256\""},
                      Edit{"status.json", "bbbb", "b", "\"model_sha256\""},
                      Edit{"manifest.json", "Z\"", "\"", "\"start_time\""},
                      Edit{"manifest.json", "00000000", "0", "\"experiment_hash\""},
                      Edit{"manifest.json", "cccc", "c", "\"initial_sha256\""},
                      Edit{"manifest.json", "\"parameters\": 8", "\"parameters\": 9",
                           "\"parameters\""},
                      Edit{"manifest.json", " 3\n", " 5, 7378697629483820647\n", "\"parameters\""},
                      Edit{"manifest.json", "\"name\"", "\"nome\"", "\"tensors\""},
                      Edit{"manifest.json", "\"run\"", "1", "\"command\""},
                      Edit{"manifest.json", "{", "", "not a JSON object"}));

TEST(RunFolder, AMutatedManifestIsReadOrRefused) {
  const std::string folder = TestFolder();
  ASSERT_TRUE(WriteManifest(folder, SampleManifest()).ok());
  const std::string path = folder + "/manifest.json";
  const std::string original = ReadFile(path).value();
  Rng rng(1, RngPurpose::kSyntheticData);
  for (int trial = 0; trial < 1000; ++trial) {
    ASSERT_TRUE(WriteFileAtomically(path, Mutated(original, rng)).ok());
    const auto read = ReadManifest(folder);
    if (read.ok()) {
      EXPECT_EQ(ParameterCount(read->tensors), read->parameters);
    }
  }
}

TEST(Token, IsWhatAClientCanShow) {
  EXPECT_TRUE(CheckToken("0123456789abcdef").ok());
  EXPECT_TRUE(CheckToken(std::string(kMaxTokenBytes, '~')).ok());
  for (const std::string token : {"", "a b", "a\n", "\xc3\xa4", "a\x7f"}) {
    EXPECT_EQ(CheckToken(token).code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_FALSE(CheckToken(std::string(kMaxTokenBytes + 1, 'a')).ok());
}

TEST(Token, IsNotQuotedWhereItIsRefused) {
  const absl::Status status = CheckToken("secret\n");
  EXPECT_NE(status.message().find("byte 7 of 7"), std::string::npos);
  EXPECT_EQ(status.message().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace fedround::ledger
