#include "common/nn/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/base/hash.h"
#include "common/base/io/file.h"

namespace fedround::nn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string TempPath(const std::string& name) {
  return absl::StrCat(::testing::TempDir(), "/safetensors_", getpid(), "_", name);
}

// In the network's order, which is not that of the names.
std::vector<TensorSpec> Specs() {
  return {{"hidden1.weight", {2, 3}}, {"hidden1.bias", {2}}, {"output.weight", {1, 2}}};
}
std::vector<float> Parameters() { return {0, 1, 2, 3, 4, 5, 10, 11, 20, 21}; }

// A file of `header` and `data_bytes` zero bytes.
std::string File(const std::string& header, std::size_t data_bytes) {
  const std::uint64_t length = header.size();
  std::string contents(reinterpret_cast<const char*>(&length), sizeof(length));
  return contents.append(header).append(data_bytes, '\0');
}

absl::Status ReadBytes(const std::string& contents, std::size_t max_parameters = 1000) {
  const std::string path = TempPath("bytes");
  EXPECT_TRUE(WriteFileAtomically(path, contents).ok());
  return ReadSafetensors(path, max_parameters).status();
}

std::string Written() {
  const std::string path = TempPath("written");
  EXPECT_TRUE(WriteSafetensors(path, Specs(), Parameters()).ok());
  return ReadFile(path).value();
}

TEST(Safetensors, FileIsTheCanonicalBytes) {
  const std::string contents = Written();
  std::uint64_t length = 0;
  std::memcpy(&length, contents.data(), sizeof(length));
  EXPECT_EQ(length % 8, 0U);
  EXPECT_EQ(contents.substr(8, length),
            R"({"hidden1.bias":{"data_offsets":[0,8],"dtype":"F32","shape":[2]},)"
            R"("hidden1.weight":{"data_offsets":[8,32],"dtype":"F32","shape":[2,3]},)"
            R"("output.weight":{"data_offsets":[32,40],"dtype":"F32","shape":[1,2]}}     )");
}

TEST(Safetensors, RoundTripKeepsEachTensor) {
  const std::string path = TempPath("round_trip");
  ASSERT_TRUE(WriteSafetensors(path, Specs(), Parameters()).ok());
  const auto model = ReadSafetensors(path);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(model->specs, ElementsAre(Specs()[1], Specs()[0], Specs()[2]));
  EXPECT_THAT(model->parameters.span(), ElementsAre(10, 11, 0, 1, 2, 3, 4, 5, 20, 21));
}

TEST(Safetensors, RoundTripKeepsTheBitsOfNanAndNegativeZero) {
  const std::vector<float> values = {std::bit_cast<float>(0x7fc12345U), -0.0F,
                                     std::numeric_limits<float>::denorm_min()};
  const std::vector<TensorSpec> specs = {{"x", {3}}};
  const std::string path = TempPath("bits");
  ASSERT_TRUE(WriteSafetensors(path, specs, values).ok());
  const auto model = ReadSafetensors(path);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(std::memcmp(model->parameters.data(), values.data(), 3 * sizeof(float)), 0);
}

TEST(Safetensors, HashIsThatOfTheFile) {
  EXPECT_EQ(SafetensorsSha256(Specs(), Parameters()).value(), Sha256Hex(Written()));
}

TEST(Safetensors, HashDoesNotDependOnTheOrderOfTheSpecs) {
  const std::vector<TensorSpec> specs = {Specs()[1], Specs()[2], Specs()[0]};
  const std::vector<float> parameters = {10, 11, 20, 21, 0, 1, 2, 3, 4, 5};
  EXPECT_EQ(SafetensorsSha256(specs, parameters), SafetensorsSha256(Specs(), Parameters()));
}

TEST(Safetensors, HashDependsOnTheShape) {
  std::vector<TensorSpec> specs = Specs();
  specs[0].shape = {3, 2};
  EXPECT_NE(SafetensorsSha256(specs, Parameters()), SafetensorsSha256(Specs(), Parameters()));
}

TEST(Safetensors, RefusesTwoTensorsOfOneName) {
  const std::vector<TensorSpec> specs = {{"x", {1}}, {"x", {1}}};
  EXPECT_THAT(SafetensorsSha256(specs, std::vector<float>(2)).status().message(),
              HasSubstr("two tensors are named \"x\""));
}

TEST(Safetensors, RefusesAnEmptyNameAndTheMetadataName) {
  for (const char* name : {"", "__metadata__"}) {
    const std::vector<TensorSpec> specs = {{name, {1}}};
    EXPECT_EQ(SafetensorsSha256(specs, std::vector<float>(1)).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(Safetensors, RefusesANameThatIsNotUtf8) {
  const std::vector<TensorSpec> specs = {{"\xff", {1}}};
  EXPECT_EQ(SafetensorsSha256(specs, std::vector<float>(1)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Safetensors, RefusesSpecsThatDoNotAddUpToTheParameters) {
  EXPECT_THAT(SafetensorsSha256(Specs(), std::vector<float>(9)).status().message(),
              HasSubstr("10 elements, but there are 9"));
}

TEST(Safetensors, WritingWhereNothingCanBeWrittenNamesThePath) {
  EXPECT_THAT(WriteSafetensors("/nowhere/model", Specs(), Parameters()).message(),
              HasSubstr("/nowhere/model"));
}

TEST(Safetensors, AMissingFileIsNotFound) {
  EXPECT_EQ(ReadSafetensors(TempPath("missing")).status().code(), absl::StatusCode::kNotFound);
}

TEST(Safetensors, ReadsWithMetadataAndWithoutPadding) {
  EXPECT_TRUE(ReadBytes(File(R"({"__metadata__":{"format":"pt"},)"
                             R"("a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})",
                             4))
                  .ok());
}

struct Damage {
  const char* header;
  std::size_t data_bytes;
  const char* message;
};

class DamagedSafetensors : public ::testing::TestWithParam<Damage> {};

TEST_P(DamagedSafetensors, IsDataLossThatSaysWhy) {
  const absl::Status status = ReadBytes(File(GetParam().header, GetParam().data_bytes));
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, DamagedSafetensors,
    ::testing::Values(
        Damage{"[]", 0, "not a JSON object"}, Damage{"{", 0, "not a JSON object"},
        Damage{R"({"a":[]})", 0, "needs dtype"},
        Damage{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"b":1}})", 4, "needs dtype"},
        Damage{R"({"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}})", 8,
               "tensor \"a\": dtype F64: must be F32"},
        Damage{R"({"a":{"dtype":7,"shape":[1],"data_offsets":[0,8]}})", 8,
               "tensor \"a\": dtype that is not a text"},
        Damage{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
               R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
               4, "tensor \"a\": occurs twice"},
        Damage{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4],"shape":[1]}})", 4,
               "tensor \"a\": \"shape\" occurs twice"},
        Damage{R"({"a\u001b":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}})", 4,
               "tensor \"a\\033\": data_offsets"},
        Damage{R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4, "shape"},
        Damage{R"({"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", 4, "shape"},
        Damage{R"({"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})", 4, "shape"},
        Damage{R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", 0,
               "shape"},
        Damage{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4, "data_offsets"},
        Damage{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}})", 4, "data_offsets"},
        Damage{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4, "do not hold"},
        Damage{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4, "do not hold"},
        Damage{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8, "starts at byte 4"},
        Damage{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
               R"("b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
               8, "starts at byte 0 of the data, not at 4"},
        Damage{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 8, "the file has 8"},
        Damage{R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4,
               "tensor \"a\": ends at byte 8 of the data, but the file has 4"},
        Damage{R"({"a":{"dtype":"F32","shape":[4611686018427387903],)"
               R"("data_offsets":[0,18446744073709551612]}})",
               4, "tensor \"a\": ends at byte 18446744073709551612"},
        Damage{R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551616]}})", 4,
               "tensor \"a\": data_offsets"}));

TEST(Safetensors, RefusesAFileShorterThanItsFirstField) {
  EXPECT_EQ(ReadBytes("1234").code(), absl::StatusCode::kDataLoss);
}

TEST(Safetensors, RefusesAHeaderLongerThanTheFile) {
  EXPECT_EQ(ReadBytes(std::string(8, '\xff') + "{}").code(), absl::StatusCode::kDataLoss);
}

TEST(Safetensors, RefusesAHeaderBeyondTheLimitBeforeReadingIt) {
  EXPECT_EQ(ReadBytes(File(std::string((1 << 20) + 1, ' '), 0)).code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(Safetensors, RefusesMoreParametersThanTheLimit) {
  EXPECT_EQ(ReadBytes(Written(), 9).code(), absl::StatusCode::kResourceExhausted);
}

TEST(Safetensors, SurvivesAHeaderNestedAsDeepAsItCanBe) {
  EXPECT_EQ(ReadBytes(File(R"({"a":)" + std::string(1'000'000, '['), 0)).code(),
            absl::StatusCode::kDataLoss);
}

TEST(Safetensors, SurvivesValuesNestedAsDeepAsTheyCanBe) {
  const std::string nested = std::string(400'000, '[') + std::string(400'000, ']');
  for (const char* header : {R"({"a":{"dtype":$0,"shape":[1],"data_offsets":[0,4]}})",
                             R"({"a":{"dtype":"F32","shape":$0,"data_offsets":[0,4]}})",
                             R"({"a":{"dtype":"F32","shape":[1],"data_offsets":$0}})"}) {
    const absl::Status status = ReadBytes(File(absl::Substitute(header, nested), 4));
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << header;
    EXPECT_THAT(status.message(), HasSubstr("tensor \"a\": ")) << header;
  }
}

TEST(Safetensors, ParsesBytesAsItReadsAFile) {
  const std::string contents = Written();
  const auto model = ParseSafetensors(std::as_bytes(std::span(contents)), 1000);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(model->parameters.span(), ElementsAre(10, 11, 0, 1, 2, 3, 4, 5, 20, 21));
}

TEST(Safetensors, PythonReadsTheSameTensors) {
  ASSERT_EQ(access("/usr/bin/python3", X_OK), 0) << "scripts/setup installs it";
  const std::string script = TempPath("read.py");
  ASSERT_TRUE(WriteFileAtomically(script, R"(
import json, struct, sys
import numpy as np
raw = open(sys.argv[1], "rb").read()
(length,) = struct.unpack("<Q", raw[:8])
data = raw[8 + length:]
tensors = {
    name: np.frombuffer(data[slice(*t["data_offsets"])], "<f4").reshape(t["shape"])
    for name, t in json.loads(raw[8:8 + length]).items() if t["dtype"] == "F32"
}
expected = {"hidden1.weight": [[0, 1, 2], [3, 4, 5]], "hidden1.bias": [10, 11],
            "output.weight": [[20, 21]]}
same = all(np.array_equal(tensors.pop(name), value) for name, value in expected.items())
sys.exit(0 if same and not tensors else 7)
)")
                  .ok());
  const std::string model = TempPath("for_python");
  ASSERT_TRUE(WriteSafetensors(model, Specs(), Parameters()).ok());
  const int status =
      std::system(absl::StrCat("/usr/bin/python3 '", script, "' '", model, "'").c_str());
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace fedround::nn
