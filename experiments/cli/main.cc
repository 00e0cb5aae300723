// fedround: runs experiments and shows what they cost.
#include <unistd.h>

#include <iostream>

#include "absl/strings/str_cat.h"
#include "common/base/exit_code.h"
#include "common/base/log.h"
#include "common/base/resource_usage.h"
#include "experiments/cli/commands.h"
#include "experiments/cli/terminal.h"

namespace fedround::cli {
namespace {

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
  int operator()(const PrintCommand& command) const {
    std::cout << command.text << std::endl;
    return exit_code::kDone;
  }
};

}  // namespace

int Fail(absl::string_view message, int exit_code) {
  const bool colour = DetectTerminal(STDERR_FILENO).colour;
  std::cerr << Red(absl::StrCat("fedround: ", message), colour) << std::endl;
  return exit_code;
}

}  // namespace fedround::cli

int main(int argc, char** argv) {
  namespace cli = fedround::cli;
  const fedround::Nanos start_ns = fedround::MonotonicNow();
  fedround::KeepFreedMemory();
  const cli::Invocation invocation{{argv, argv + argc}, start_ns};
  const absl::StatusOr<cli::Command> command = cli::ParseCommandLine(invocation.arguments);
  if (!command.ok()) {
    return cli::Fail(command.status().message(), fedround::exit_code::kUsage);
  }
  return std::visit(cli::Dispatch{invocation}, *command);
}
