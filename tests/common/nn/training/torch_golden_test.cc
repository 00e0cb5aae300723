// What PyTorch computes in float64 from the same start (tests/golden/nn_torch.json, written by
// scripts/golden/nn_torch.py). We compute in float32: tolerances are some 20 ulp of a weight of
// size 1 after one step and 80 after ten.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/nn/network.h"
#include "tests/common/kernels/random_values.h"
#include "tests/support/paths.h"

namespace fedround::nn {
namespace {

constexpr double kToleranceAfterOneStep = 1e-6;
constexpr double kToleranceAfterTenSteps = 4e-6;

nlohmann::json Golden() {
  std::ifstream file(FEDROUND_SOURCE_DIR "/tests/golden/nn_torch.json");
  return nlohmann::json::parse(file);
}

class TorchGolden : public testing::TestWithParam<nlohmann::json> {
 protected:
  TorchGolden()
      : network_(*Network::Create(Spec())),
        parameters_(GetParam()["initial"].get<std::vector<float>>()),
        velocity_(GetParam()["momentum"] > 0 ? parameters_.size() : 0, 0.0f),
        workspace_(network_, 6) {}

  static NetworkSpec Spec() {
    NetworkSpec spec;
    spec.inputs = 7;
    spec.hidden = {5, 4};
    spec.classes = 3;
    spec.activation.name = GetParam()["activation"].get<std::string>();
    if (GetParam().contains("layers")) {
      const auto image = GetParam()["image"].get<std::vector<std::size_t>>();
      spec.preset = Preset::kCustom;
      spec.image = {image[0], image[1], image[2]};
      spec.inputs = spec.image.size();
      for (const nlohmann::json& layer : GetParam()["layers"]) spec.layers.push_back(Read(layer));
    }
    return spec;
  }
  static PlugIn Read(const nlohmann::json& layer) {
    PlugIn plug_in;
    for (const auto& [key, value] : layer.items()) {
      if (key == "name") {
        plug_in.name = value;
      } else if (value.is_string()) {
        plug_in.options[key] = value.get<std::string>();
      } else {
        plug_in.options[key] = value.get<double>();
      }
    }
    return plug_in;
  }
  // Returns what the last step reports.
  BatchLoss Train(int steps) {
    const SgdOptions options{.learning_rate = GetParam()["learning_rate"],
                             .momentum = GetParam()["momentum"],
                             .weight_decay = GetParam()["weight_decay"]};
    const auto inputs = GetParam()["inputs"].get<std::vector<float>>();
    const auto labels = GetParam()["labels"].get<std::vector<std::uint32_t>>();
    BatchLoss loss;
    for (int step = 0; step < steps; ++step) {
      loss = network_.TrainStep(parameters_, inputs, labels, options, velocity_, {}, workspace_);
    }
    return loss;
  }
  static std::vector<double> Expected(const char* key) {
    return GetParam()[key].get<std::vector<double>>();
  }

  Network network_;
  std::vector<float> parameters_;
  std::vector<float> velocity_;
  Workspace workspace_;
};

INSTANTIATE_TEST_SUITE_P(Cases, TorchGolden, testing::ValuesIn(Golden()["cases"]),
                         [](const auto& parameter) {
                           return parameter.param["activation"].template get<std::string>() +
                                  std::to_string(parameter.index);
                         });

TEST_P(TorchGolden, FirstLossAgrees) {
  EXPECT_NEAR(Train(1).loss_sum / 6, GetParam()["loss_before_step_1"], kToleranceAfterOneStep);
}

TEST_P(TorchGolden, HitsAgree) {
  EXPECT_EQ(Train(1).correct, GetParam()["correct_before_step_1"].get<std::uint64_t>());
}

TEST_P(TorchGolden, ParametersAgreeAfterOneStep) {
  Train(1);
  EXPECT_LE(LargestDifference(parameters_, Expected("after_1_step")), kToleranceAfterOneStep);
}

TEST_P(TorchGolden, ParametersAgreeAfterTenSteps) {
  Train(10);
  EXPECT_LE(LargestDifference(parameters_, Expected("after_10_steps")), kToleranceAfterTenSteps);
}

TEST_P(TorchGolden, LossOfTenthStepAgrees) {
  EXPECT_NEAR(Train(10).loss_sum / 6, GetParam()["loss_before_step_10"], kToleranceAfterTenSteps);
}

}  // namespace
}  // namespace fedround::nn
