// `fedround eval` and `fedround convert` on a run's model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/tiny_runs.h"

namespace fedround::testing {
namespace {

using ::testing::HasSubstr;

class ModelFiles : public TinyRuns {
 protected:
  ModelFiles() { EXPECT_EQ(RunTiny({"launch.driver=in_process"}).exit_code, 0); }
  std::string Model() const { return Out() + "/model.safetensors"; }
};

TEST_F(ModelFiles, EvalGivesTheScoreThatTheRunRecorded) {
  const CommandResult result = RunCommand({"fedround", "eval", Model(), "--format", "json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto row = nlohmann::json::parse(result.out);
  const double recorded = RunExperiment(Tiny()).accuracy();
  EXPECT_EQ(row["accuracy"].get<double>(), recorded);
  EXPECT_EQ(row["examples"], 90);
}

TEST_F(ModelFiles, EvalPrintsATableWithoutColoursIntoAPipe) {
  const CommandResult result = RunCommand({"fedround", "eval", Out(), Model()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("blobs, 90 test examples"));
  EXPECT_THAT(result.out, HasSubstr("\nensemble "));
  EXPECT_EQ(result.out.find('\x1b'), std::string::npos);
}

TEST_F(ModelFiles, EvalNeedsAModel) {
  EXPECT_EQ(RunCommand({"fedround", "eval"}).exit_code, 2);
  const CommandResult missing = RunCommand({"fedround", "eval", folder + "/none.safetensors"});
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_THAT(missing.err, HasSubstr("none.safetensors: no such file"));
}

TEST_F(ModelFiles, ConvertThereAndBackGivesTheSameFile) {
  const std::string npz = folder + "/model.npz";
  const std::string back = folder + "/back.safetensors";
  const CommandResult there = RunCommand({"fedround", "convert", Model(), npz});
  ASSERT_EQ(there.exit_code, 0) << there.err;
  EXPECT_EQ(there.out, npz + ": 4 tensors, 259 parameters\n");
  ASSERT_EQ(RunCommand({"fedround", "convert", npz, back}).exit_code, 0);
  EXPECT_EQ(Read(back), Read(Model()));
}

TEST_F(ModelFiles, ConvertedModelIsTheSameToNumPy) {
  ASSERT_EQ(access("/usr/bin/python3", X_OK), 0) << "scripts/setup installs it";
  const std::string npz = folder + "/model.npz";
  ASSERT_EQ(RunCommand({"fedround", "convert", Model(), npz}).exit_code, 0);
  std::ofstream(folder + "/compare.py") << R"(
import json, struct, sys
import numpy as np
raw = open(sys.argv[1], "rb").read()
(length,) = struct.unpack("<Q", raw[:8])
header = json.loads(raw[8:8 + length])
with np.load(sys.argv[2]) as arrays:
    assert sorted(arrays) == sorted(header), list(arrays)
    for name, tensor in header.items():
        begin, end = (8 + length + offset for offset in tensor["data_offsets"])
        values = np.frombuffer(raw[begin:end], "<f4").reshape(tensor["shape"])
        assert arrays[name].dtype == values.dtype and np.array_equal(arrays[name], values), name
assert header["hidden1.weight"]["shape"] == [16, 12]
)";
  const std::string command =
      "/usr/bin/python3 '" + folder + "/compare.py' '" + Model() + "' '" + npz + "'";
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST_F(ModelFiles, ConvertRefusesOtherSuffixesAndDamage) {
  const CommandResult same =
      RunCommand({"fedround", "convert", Model(), folder + "/x.safetensors"});
  EXPECT_EQ(same.exit_code, 2);
  EXPECT_THAT(same.err, HasSubstr("one must end in .safetensors, the other in .npz"));
  std::ofstream(folder + "/cut.safetensors") << Read(Model()).substr(0, 600);
  const CommandResult cut =
      RunCommand({"fedround", "convert", folder + "/cut.safetensors", folder + "/cut.npz"});
  EXPECT_EQ(cut.exit_code, 3);
  EXPECT_THAT(cut.err, HasSubstr("cut.safetensors: tensor \"hidden1.weight\": ends at byte"));
  EXPECT_FALSE(std::filesystem::exists(folder + "/cut.npz"));
}

}  // namespace
}  // namespace fedround::testing
