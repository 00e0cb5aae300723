// Looks at what `fedround run` leaves behind, with real processes unless the experiment says
// otherwise.
#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/hash.h"
#include "tests/support/command.h"
#include "tests/system/keys/look.h"

namespace fedround::testing {

// The run folder.
inline std::string RunOfCommand(const Overrides& overrides) {
  const std::string folder = EmptyFolder("command");
  std::ofstream(folder + "/tiny.toml") << kTinyExperiment;
  std::vector<std::string> arguments = {"fedround", "run", folder + "/tiny.toml", "--out",
                                        folder + "/run"};
  for (const std::string& value : overrides) arguments.insert(arguments.end(), {"--set", value});
  const CommandResult result = RunCommand(arguments);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return folder + "/run";
}

// Which processes ran: each has a log.
inline std::string Processes(const Overrides& overrides) {
  std::set<std::string> logs;
  for (const auto& entry : std::filesystem::directory_iterator(RunOfCommand(overrides) + "/logs")) {
    logs.insert(entry.path().filename().string());
  }
  return absl::StrJoin(logs, " ");
}

// Whether the client process was started by what prints "hello".
inline std::string IsGreeted(const Overrides& overrides) {
  std::ifstream log(RunOfCommand(overrides) + "/logs/client-0-7.log");
  for (std::string line; std::getline(log, line);) {
    if (line == "hello") return "greeted";
  }
  return "not greeted";
}

inline std::string ModelOfProcesses(const Overrides& overrides) {
  std::ifstream file(RunOfCommand(overrides) + "/model.safetensors", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  EXPECT_FALSE(bytes.empty());
  return Sha256Hex(absl::string_view(bytes));
}

// In how many messages a model and an update travel, from the bytes that are not payload: each
// message adds a few, and headers and reports, whatever they say, are less than 1000 bytes per task.
inline std::string Messages(const Overrides& overrides) {
  const auto run = ledger::ReadLedger(RunOfCommand(overrides));
  EXPECT_TRUE(run.ok()) << run.status();
  std::uint64_t down = 0;
  std::uint64_t up = 0;
  for (const ledger::TrafficRecord& traffic : run->traffic) {
    down += traffic.message_bytes_down - traffic.payload_bytes_down;
    up += traffic.message_bytes_up - traffic.payload_bytes_up;
  }
  constexpr std::uint64_t kOfAFew = 1000;
  const std::uint64_t transfers = run->tasks.size();
  return absl::StrCat("down in ", down / transfers < kOfAFew ? "few" : "many", ", up in ",
                      up / transfers < kOfAFew ? "few" : "many");
}

// The name of the folder that a run makes for itself, without time and id.
inline std::string NewFolderName(const Overrides& overrides) {
  const std::string folder = EmptyFolder("named");
  std::ofstream(folder + "/tiny.toml") << kTinyExperiment;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder);
  std::vector<std::string> arguments = {"fedround", "run", "tiny.toml"};
  for (const std::string& value : overrides) arguments.insert(arguments.end(), {"--set", value});
  const CommandResult result = RunCommand(arguments);
  std::filesystem::current_path(before);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/runs")) {
    const std::string name = entry.path().filename().string();
    return name.substr(0, name.find('-'));
  }
  ADD_FAILURE() << "no run folder";
  return "";
}

}  // namespace fedround::testing
