// The command line, parsed: one struct per subcommand.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "common/data/image_layout.h"

namespace fedround::cli {

struct RunCommand {
  std::string config;
  std::vector<std::string> overrides;
  std::string out;     // empty: a new folder under runs/
  std::string replay;  // a run folder; empty: none
  bool json = false;
  bool quiet = false;
  bool central = false;  // `fedround train`: without a federation
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

struct BenchStepCommand {
  std::string models = "2nn";
  std::string batches = "1,10,50,128";
  std::string data = "synthetic";
  std::string weights = "initial";
  std::string activations = "all";
  std::string kernel = "fast";  // empty: all
  std::string peer;             // empty: none
  double seconds = 4;           // of processor time, per case
  bool forward_only = false;
  bool json = false;
};

struct BenchActivationsCommand {
  std::string activations = "all";
  std::string kernel;        // empty: all
  std::size_t elements = 0;  // 0: a tile and a million
  double seconds = 1;        // of processor time, per activation
  bool json = false;
};

struct BenchPlanCommand {
  std::string batches = "1,10,50,128,600";
  double seconds = 1;  // of processor time, per cell
  bool json = false;
};

struct EvalCommand {
  std::vector<std::string> models;
  std::string experiment;  // empty: the config.toml beside each model
  std::vector<std::string> overrides;
  bool json = false;
};

struct ConvertCommand {
  std::string from;
  std::string to;
};

struct DataDescribeCommand {
  std::vector<std::string> files;  // or names of data sets
  data::ImageLayout layout = data::ImageLayout::kAuto;
  bool json = false;
};

struct CacheListCommand {
  bool json = false;
};

struct CacheClearCommand {};

// Help or version was asked for.
struct PrintCommand {
  std::string text;
};

using Command =
    std::variant<RunCommand, ConfigCommand, ListCommand, VerifyCommand, ShowCommand, EvalCommand,
                 ConvertCommand, BenchStepCommand, BenchActivationsCommand, BenchPlanCommand,
                 DataDescribeCommand, CacheListCommand, CacheClearCommand, PrintCommand>;

// `arguments` begin with the program's name. Errors: INVALID_ARGUMENT, with the nearest subcommand
// or option for an unknown one.
absl::StatusOr<Command> ParseCommandLine(std::span<const std::string> arguments);

}  // namespace fedround::cli
