#include "common/data/formats/npz_model.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "tests/common/data/data_files.h"

namespace fedround::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class NpzModel : public ::testing::Test {
 protected:
  std::string path() const { return folder_.File("model.npz"); }
  absl::Status Write(const std::vector<TensorSpec>& specs) const {
    return WriteNpzModel(path(), specs, std::vector<float>(ParameterCount(specs)));
  }
  std::string WriteError(const std::vector<TensorSpec>& specs) const {
    return std::string(Write(specs).message());
  }
  std::string ReadError(const std::vector<std::pair<std::string, std::string>>& members) const {
    data::WriteAll(path(), ZipFile(members));
    return std::string(ReadNpzModel(path()).status().message());
  }

  TempFolder folder_;
};

const std::vector<TensorSpec>& Specs() {
  static const auto& specs =
      *new std::vector<TensorSpec>{{"w", {2, 3}}, {"b", {2}}, {"\xc3\xa9", {}}};
  return specs;
}
const std::vector<float> kParameters = {0, 1, 2, 3, 4, 5, 10, 11, -0.5};

TEST_F(NpzModel, ComesBackInTheOrderOfTheNames) {
  ASSERT_TRUE(WriteNpzModel(path(), Specs(), kParameters).ok());
  const auto model = ReadNpzModel(path());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(model->specs, ElementsAre(Specs()[1], Specs()[0], Specs()[2]));
  EXPECT_THAT(model->parameters.span(), ElementsAre(10, 11, 0, 1, 2, 3, 4, 5, -0.5));
}

TEST_F(NpzModel, IsTheSameBytesForTheSameModel) {
  ASSERT_TRUE(WriteNpzModel(path(), Specs(), kParameters).ok());
  ASSERT_TRUE(WriteNpzModel(folder_.File("again.npz"), Specs(), kParameters).ok());
  EXPECT_EQ(ReadAll(path()), ReadAll(folder_.File("again.npz")));
}

TEST_F(NpzModel, IsReadByNumPy) {
  ASSERT_EQ(access("/usr/bin/python3", X_OK), 0) << "scripts/setup installs it";
  ASSERT_TRUE(WriteNpzModel(path(), Specs(), kParameters).ok());
  WriteAll(folder_.File("read.py"), R"(
import sys
import numpy as np
with np.load(sys.argv[1]) as model:
    arrays = dict(model)
expected = {"w": [[0, 1, 2], [3, 4, 5]], "b": [10, 11], "\u00e9": -0.5}
assert sorted(arrays) == sorted(expected), arrays.keys()
for name, values in expected.items():
    assert arrays[name].dtype == np.dtype("<f4"), name
    assert arrays[name].shape == np.shape(values), name
    assert np.array_equal(arrays[name], values), name
)");
  const std::string command =
      absl::StrCat("/usr/bin/python3 '", folder_.File("read.py"), "' '", path(), "'");
  EXPECT_EQ(std::system(command.c_str()), 0);
}

TEST_F(NpzModel, IsReadAsNumPyWroteIt) {
  ASSERT_EQ(access("/usr/bin/python3", X_OK), 0) << "scripts/setup installs it";
  WriteAll(folder_.File("write.py"), R"(
import sys
import numpy as np
np.savez_compressed(sys.argv[1], w=np.arange(6, dtype="f4").reshape(2, 3), b=np.float32([10, 11]))
)");
  const std::string command =
      absl::StrCat("/usr/bin/python3 '", folder_.File("write.py"), "' '", path(), "'");
  ASSERT_EQ(std::system(command.c_str()), 0);
  const auto model = ReadNpzModel(path());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(model->specs, ElementsAre(Specs()[1], Specs()[0]));
  EXPECT_THAT(model->parameters.span(), ElementsAre(10, 11, 0, 1, 2, 3, 4, 5));
}

TEST_F(NpzModel, WritesNoTensorThatItCouldNotRead) {
  EXPECT_THAT(WriteError({{"a", {1}}, {"empty", {2, 0}}}),
              HasSubstr("model.npz: tensor \"empty\": npy: shape [2, 0]"));
  EXPECT_THAT(WriteError({{"deep", std::vector<std::int64_t>(9, 1)}}),
              HasSubstr("tensor \"deep\": 9 axes: must be at most 8"));
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(NpzModel, WritesNoMoreTensorsThanItReads) {
  std::vector<TensorSpec> specs;
  for (int i = 0; i < 1025; ++i) specs.push_back({absl::StrCat("t", i), {1}});
  EXPECT_THAT(WriteError(specs), HasSubstr("member t1024.npy is one too many"));
  specs.pop_back();
  EXPECT_TRUE(Write(specs).ok());
  EXPECT_EQ(ReadNpzModel(path())->specs.size(), 1024U);
}

TEST_F(NpzModel, OfAnotherTypeIsRefusedByName) {
  EXPECT_THAT(ReadError({{"w.npy", NpyFile("<f8", {1}, std::string(8, '\0'))}}),
              HasSubstr("model.npz(w.npy): dtype float64, shape (1,): must be float32"));
}

TEST_F(NpzModel, OfAnEmptyTensorIsRefusedByName) {
  EXPECT_THAT(ReadError({{"w.npy", NpyFile("<f4", {2, 0}, "")}}),
              HasSubstr("model.npz(w.npy): dtype float32, shape (2, 0): every extent must be"));
}

TEST_F(NpzModel, InFortranOrderIsReadInRows) {
  data::WriteAll(
      path(), ZipFile({{"w.npy", NpyFileWithHeader(
                                     "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n",
                                     RawBytes(std::vector<float>{0, 3, 1, 4, 2, 5}))}}));
  const auto model = ReadNpzModel(path());
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(model->parameters.span(), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST_F(NpzModel, WithAMemberThatIsNoArrayIsRefusedByName) {
  EXPECT_THAT(ReadError({{"w.txt", "hello"}}), HasSubstr("model.npz(w.txt): not a NAME.npy"));
  EXPECT_THAT(ReadError({{"w.npy", "hello"}}), HasSubstr("model.npz(w.npy): byte 0"));
}

TEST_F(NpzModel, BeyondTheLimitIsRefused) {
  ASSERT_TRUE(WriteNpzModel(path(), Specs(), kParameters).ok());
  EXPECT_TRUE(ReadNpzModel(path(), 9).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(ReadNpzModel(path(), 8).status()));
}

}  // namespace
}  // namespace fedround::data
