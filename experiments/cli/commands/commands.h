// The subcommands, one file each. Each returns the program's exit code.
#pragma once

#include <string>
#include <vector>

#include "common/base/clock.h"
#include "experiments/cli/command_line.h"

namespace fedround::cli {

// How the program was called.
struct Invocation {
  std::vector<std::string> arguments;  // the program's name first
  Nanos start_ns = 0;                  // monotonic
};

int RunRun(const RunCommand& command, const Invocation& invocation);
int RunConfig(const ConfigCommand& command);
int RunList(const ListCommand& command);
int RunVerify(const VerifyCommand& command);
int RunShow(const ShowCommand& command);
int RunEval(const EvalCommand& command);
int RunConvert(const ConvertCommand& command);
int RunBenchStep(const BenchStepCommand& command);
int RunBenchActivations(const BenchActivationsCommand& command);
int RunBenchPlan(const BenchPlanCommand& command);
int RunDataDescribe(const DataDescribeCommand& command);
int RunCacheList(const CacheListCommand& command);
int RunCacheClear(const CacheClearCommand& command);

// Prints "fedround: MESSAGE" to standard error, in red on a terminal; returns `exit_code`.
int Fail(absl::string_view message, int exit_code);

}  // namespace fedround::cli
