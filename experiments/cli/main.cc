// fedround: runs experiments and shows what they cost.
#include <unistd.h>

#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/exit_code.h"
#include "common/base/io/output.h"
#include "common/base/measure/resource_usage.h"
#include "common/base/printable.h"
#include "common/base/process/out_of_memory.h"
#include "experiments/cli/commands/commands.h"
#include "experiments/cli/screen/standard_output.h"
#include "experiments/cli/screen/terminal.h"

namespace fedround::cli {
namespace {

// The longest line of an error message: a name in a file may be as long as the file.
constexpr std::size_t kLongestLine = 4096;

struct Dispatch {
  const Invocation& invocation;

  int operator()(const RunCommand& command) const { return RunRun(command, invocation); }
  int operator()(const ConfigCommand& command) const { return RunConfig(command); }
  int operator()(const ListCommand& command) const { return RunList(command); }
  int operator()(const VerifyCommand& command) const { return RunVerify(command); }
  int operator()(const ShowCommand& command) const { return RunShow(command); }
  int operator()(const EvalCommand& command) const { return RunEval(command); }
  int operator()(const ConvertCommand& command) const { return RunConvert(command); }
  int operator()(const BenchStepCommand& command) const { return RunBenchStep(command); }
  int operator()(const BenchActivationsCommand& command) const {
    return RunBenchActivations(command);
  }
  int operator()(const BenchPlanCommand& command) const { return RunBenchPlan(command); }
  int operator()(const DataDescribeCommand& command) const { return RunDataDescribe(command); }
  int operator()(const CacheListCommand& command) const { return RunCacheList(command); }
  int operator()(const CacheClearCommand& command) const { return RunCacheClear(command); }
  int operator()(const PrintCommand& command) const {
    std::cout << command.text << '\n';
    return exit_code::kDone;
  }
};

int RunProgram(const Invocation& invocation) {
  const absl::StatusOr<Command> command = ParseCommandLine(invocation.arguments);
  if (!command.ok()) return Fail(command.status().message(), exit_code::kUsage);
  const StandardOutput output;
  const int code = std::visit(Dispatch{invocation}, *command);
  std::cout.flush();
  if (output.status().ok()) return code;
  return Fail(output.status().message(), code == exit_code::kDone ? exit_code::kEnvironment : code);
}

}  // namespace

int Fail(absl::string_view message, int exit_code) {
  const bool colour = DetectTerminal(STDERR_FILENO).colour;
  // If a configuration has several faults, each has its own line.
  absl::string_view before = "fedround: ";
  for (const absl::string_view line : absl::StrSplit(message, '\n')) {
    std::cerr << Red(Printable(absl::StrCat(before, line), kLongestLine), colour) << std::endl;
    before = "  ";
  }
  return exit_code;
}

}  // namespace fedround::cli

int main(int argc, char** argv) {
  const fedround::Nanos start_ns = fedround::MonotonicNow();
  fedround::ReserveStandardDescriptors();
  fedround::ExitWhenOutOfMemory();
  fedround::KeepFreedMemory();
  return fedround::cli::RunProgram({{argv, argv + argc}, start_ns});
}
