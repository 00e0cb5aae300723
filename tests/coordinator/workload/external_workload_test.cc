#include "coordinator/workload/external_workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/io/file.h"
#include "common/nn/safetensors.h"

namespace fedround::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string PathOf() {
  return absl::StrCat(::testing::TempDir(), "/",
                      ::testing::UnitTest::GetInstance()->current_test_info()->name(),
                      ".safetensors");
}

Experiment StartingFrom(const std::string& path, const std::vector<std::string>& more = {}) {
  return ParseExperimentToml(absl::StrCat("[model]\npreset = \"external\"\ninitial_weights = \"",
                                          path, "\"\n[evaluation]\nfederated = true\n"),
                             "x.toml", more)
      .value();
}

std::string WriteModel(const std::vector<TensorSpec>& specs, const std::vector<float>& values) {
  const std::string path = PathOf();
  EXPECT_TRUE(nn::WriteSafetensors(path, specs, values).ok());
  return path;
}

std::string WriteRaw(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  const std::string bytes(reinterpret_cast<const char*>(&length), sizeof(length));
  EXPECT_TRUE(WriteFileAtomically(PathOf(), bytes + header + data).ok());
  return PathOf();
}

std::string ErrorOf(const std::string& path, const std::vector<std::string>& more = {}) {
  const absl::Status status = OpenExternalWorkload(StartingFrom(path, more)).status();
  EXPECT_THAT(std::string(status.message()), StartsWith("model."));
  return std::string(status.message());
}

TEST(ExternalWorkload, IsAsTheFileSays) {
  const std::string path = WriteModel({{"gru.weight", {2, 2}}, {"head.bias", {}}}, {1, 2, 3, 4, 5});
  const auto fresh = OpenExternalWorkload(StartingFrom(path));
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  const ModelLayout& layout = fresh->workload->layout();
  EXPECT_THAT(layout.tensors,
              ElementsAre(TensorSpec{"gru.weight", {2, 2}}, TensorSpec{"head.bias", {}}));
  EXPECT_THAT(layout.fates, ElementsAre(Fate::kShared, Fate::kShared));
  EXPECT_THAT(fresh->initial.parameters.span(), ElementsAre(1, 2, 3, 4, 5));
  const std::string sha256 = Sha256Hex(absl::string_view(ReadFile(path).value()));
  EXPECT_EQ(fresh->initial.sha256, sha256);
  EXPECT_EQ(fresh->initial.source, absl::StrCat(path, " (SHA-256 ", sha256, "): gru, head"));
}

TEST(ExternalWorkload, KnowsNothingOfClientsAndScores) {
  const auto fresh = OpenExternalWorkload(StartingFrom(WriteModel({{"a", {1}}}, {1})));
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  Workload& workload = *fresh->workload;
  EXPECT_EQ(workload.DataHash(), "");
  EXPECT_EQ(workload.Examples(0), std::nullopt);
  EXPECT_EQ(workload.ClientName(0), std::nullopt);
  const std::atomic<bool> stop = false;
  const auto scores = workload.Evaluate({}, 1, ComputeSlots::Open({}), stop);
  ASSERT_TRUE(scores.ok()) << scores.status();
  EXPECT_TRUE(scores->empty());
}

TEST(ExternalWorkload, FreezesLayersByName) {
  const std::string path = WriteModel({{"gru.weight", {1}}, {"head.bias", {1}}}, {1, 2});
  const auto fresh = OpenExternalWorkload(StartingFrom(path, {"model.freeze=[\"gru\"]"}));
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  EXPECT_THAT(fresh->workload->layout().fates, ElementsAre(Fate::kFrozen, Fate::kShared));
  EXPECT_THAT(ErrorOf(path, {"model.freeze=[\"gro\"]"}), HasSubstr("did you mean \"gru\"?"));
}

TEST(ExternalWorkload, RefusesAFileThatIsNotThere) {
  EXPECT_THAT(ErrorOf(::testing::TempDir() + "/nothing"), HasSubstr("nothing"));
}

TEST(ExternalWorkload, RefusesWhatIsNotSafetensors) {
  EXPECT_TRUE(WriteFileAtomically(PathOf(), "just text").ok());
  EXPECT_THAT(ErrorOf(PathOf()), HasSubstr("does not fit into 9 bytes of file"));
}

TEST(ExternalWorkload, RefusesOtherNumbersThanFloat32) {
  EXPECT_THAT(ErrorOf(WriteRaw(R"({"a": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}})",
                               std::string(8, '\0'))),
              HasSubstr("tensor \"a\": dtype F64: must be F32"));
}

TEST(ExternalWorkload, RefusesNumbersThatAreNotFinite) {
  const std::string path =
      WriteModel({{"a", {1}}, {"b", {1}}}, {1, std::numeric_limits<float>::quiet_NaN()});
  EXPECT_THAT(ErrorOf(path), HasSubstr("tensor \"b\": has an entry that is infinite"));
}

TEST(ExternalWorkload, RefusesAFileWithoutTensors) {
  EXPECT_THAT(ErrorOf(WriteRaw("{}", "")), HasSubstr(": 0 tensors: must be 1 to 65536"));
}

TEST(ExternalWorkload, RefusesANameThatIsThereTwice) {
  EXPECT_THAT(ErrorOf(WriteRaw(R"({"a": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}, )"
                               R"("a": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}})",
                               std::string(4, '\0'))),
              HasSubstr("tensor \"a\": occurs twice"));
}

TEST(ExternalWorkload, RefusesTensorsThatCannotBeSent) {
  EXPECT_THAT(ErrorOf(WriteModel({{"a", {0}}, {"b", {1}}}, {1})),
              HasSubstr("tensor \"a\": at most 8 extents, all at least 1"));
}

TEST(ExternalWorkload, RefusesAnotherFileThanThatOfItsHash) {
  const std::string path = WriteModel({{"a", {1}}}, {1});
  EXPECT_THAT(ErrorOf(path, {"model.initial_weights_sha256=ab"}),
              HasSubstr("must be model.initial_weights_sha256 = ab"));
}

TEST(ExternalWorkload, RefusesMoreParametersThanTheLimit) {
  const std::string path = WriteModel({{"a", {3}}}, {1, 2, 3});
  EXPECT_EQ(ErrorOf(path, {"limits.max_parameters=2"}),
            absl::StrCat("model.initial_weights: ", path,
                         ": 3 parameters: must be <= limits.max_parameters = 2"));
}

}  // namespace
}  // namespace fedround::coordinator
