// The adaptive servers against numbers of an independent script (scripts/reference/adaptive_servers.py).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/common/algorithm/algorithm_tools.h"

namespace fedround::algorithm {
namespace {

// The model after each of three rounds whose mean updates are the same for all.
void ExpectRounds(const std::string& algorithm, const std::vector<std::vector<float>>& expected) {
  Halves halves(algorithm, {{"learning_rate", 0.1}, {"tau", 0.01}}, 1, {1, -2, 3});
  const std::vector<std::vector<float>> updates = {
      {0.5F, 0.25F, -1.0F}, {0.5F, -0.25F, 0.125F}, {0.0F, 0.0625F, 0.5F}};
  for (std::size_t round = 0; round < updates.size(); ++round) {
    const std::vector<float>& model = halves.Apply({{.values = updates[round]}});
    for (std::size_t i = 0; i < model.size(); ++i) {
      EXPECT_NEAR(model[i], expected[round][i], 2e-6) << algorithm << " round " << round + 1;
    }
  }
}

TEST(FedAdam, TakesThePapersSteps) {
  ExpectRounds("fedadam", {{1.0819936F, -1.9322626F, 2.9094972F},
                           {1.1989525F, -1.9376240F, 2.8395313F},
                           {1.3046803F, -1.9291094F, 2.8233480F}});
}

TEST(FedYogi, TakesThePapersSteps) {
  ExpectRounds("fedyogi", {{1.0819804F, -1.9322967F, 2.9095012F},
                           {1.1986675F, -1.9376452F, 2.8398528F},
                           {1.3036860F, -1.9291832F, 2.8237885F}});
}

TEST(FedAdagrad, TakesThePapersSteps) {
  ExpectRounds("fedadagrad", {{1.0980200F, -1.9039200F, 2.9009950F},
                              {1.1677377F, -1.9726590F, 2.9132760F},
                              {1.1677377F, -1.9557293F, 2.9573271F}});
}

}  // namespace
}  // namespace fedround::algorithm
