// What was asked for on the command line.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

namespace fedround::cli {

struct RunCommand {
  std::string config;
  std::vector<std::string> overrides;
  std::string out;     // empty: a new folder under runs/
  std::string replay;  // a run folder; empty: none
  bool json = false;
  bool quiet = false;
};

struct ConfigCommand {
  std::string file;
  std::vector<std::string> overrides;
  bool comments = false;
};

struct ListCommand {
  std::string table;  // empty: all
  bool json = false;
};

struct VerifyCommand {
  std::string folder;
};

struct ShowCommand {
  std::string folder;
};

// Help or version was asked for.
struct PrintCommand {
  std::string text;
};

using Command =
    std::variant<RunCommand, ConfigCommand, ListCommand, VerifyCommand, ShowCommand, PrintCommand>;

// `arguments`: the program's name first. Errors: INVALID_ARGUMENT, with the nearest subcommand or
// option where one is unknown.
absl::StatusOr<Command> ParseCommandLine(std::span<const std::string> arguments);

}  // namespace fedround::cli
