// Runs of a tiny experiment through the `fedround` program, with a separate folder for each test.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "common/base/hash.h"
#include "tests/support/command.h"
#include "tests/support/run_experiment.h"

namespace fedround::testing {

// A fresh folder for each test, with tiny.toml in it.
class TinyRuns : public ::testing::Test {
 protected:
  TinyRuns() {
    const auto& test = *::testing::UnitTest::GetInstance()->current_test_info();
    folder = ::testing::TempDir() + "/" + test.test_suite_name() + "_" + test.name();
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    config = folder + "/tiny.toml";
    std::ofstream(config) << kTinyExperiment;
  }

  std::string Out(const std::string& name = "run") const { return folder + "/" + name; }

  std::vector<std::string> Arguments(const std::vector<std::string>& overrides,
                                     const std::string& name = "run",
                                     const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"fedround", "run", config, "--out", Out(name)};
    for (const std::string& value : overrides) {
      arguments.push_back("--set");
      arguments.push_back(value);
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  CommandResult RunTiny(const std::vector<std::string>& overrides, const std::string& name = "run",
                        const std::vector<std::string>& more = {}) const {
    return RunCommand(Arguments(overrides, name, more));
  }

  static std::string Read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file.good()) << path;
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string ModelSha(const std::string& name = "run") const {
    return Sha256Hex(absl::string_view(Read(Out(name) + "/model.safetensors")));
  }

  std::string folder;
  std::string config;
};

// Long rounds, so that there is time to do something to a client in the middle of one.
inline std::vector<std::string> Slow(const std::vector<std::string>& more = {}) {
  std::vector<std::string> overrides{"training.epochs=50000", "run.rounds=2", "launch.slots=8"};
  overrides.insert(overrides.end(), more.begin(), more.end());
  return overrides;
}

inline constexpr char kAllJoined[] = "\"event\":\"joined\",\"clients\":8";

// Signals the process that hosts `client`, found by its command line.
inline void SignalClient(pid_t launcher, const std::string& client, int signal) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream status(entry.path() / "stat");
    std::string pid, name, state;
    pid_t parent = 0;
    if (!(status >> pid >> name >> state >> parent) || parent != launcher) continue;
    std::ifstream file(entry.path() / "cmdline");
    const std::string line{std::istreambuf_iterator<char>(file), {}};
    if (line.find(std::string("--clients") + '\0' + client + '\0') != std::string::npos) {
      kill(std::stoi(pid), signal);
      return;
    }
  }
  ADD_FAILURE() << "no process hosts client " << client;
}

}  // namespace fedround::testing
