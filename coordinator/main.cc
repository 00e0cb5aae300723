// fedround-coordinator: the server of a federation. `fedround run` starts it; started by hand it
// serves clients on other machines.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/exit_code.h"
#include "common/base/hash.h"
#include "common/base/io/host_port.h"
#include "common/base/io/output.h"
#include "common/base/io/output_queue.h"
#include "common/base/log.h"
#include "common/base/measure/resource_usage.h"
#include "common/base/printable.h"
#include "common/base/process/arguments.h"
#include "common/base/process/out_of_memory.h"
#include "common/base/process/signals.h"
#include "common/base/status_macros.h"
#include "common/ledger/run_folder.h"
#include "coordinator/rpc/rpc_server.h"
#include "coordinator/run/departures.h"
#include "coordinator/run/event_text.h"
#include "coordinator/run/run_in_folder.h"

namespace fedround::coordinator {
namespace {

constexpr std::size_t kTokenBytes = 16;
// How long the program waits at its end for somebody who does not read standard output. Only text
// is lost then: the verdict is in status.json, everything else in the ledger.
constexpr Nanos kReadersPatience = 600 * kNanosPerSecond;

struct Options {
  std::string experiment;
  std::string out;
  std::string listen = "127.0.0.1:0";
  std::string replay;
  std::vector<std::string> overrides;
  int lock = -1;
  std::string format = "text";
  bool gone_from_stdin = false;
  bool help = false;
  bool version = false;
  std::vector<std::string> command;  // after `--`
};

std::vector<Option> OptionTable(Options& options) {
  return {
      {"--experiment", "FILE", "the experiment (TOML); required", &options.experiment},
      {"--out", "DIR", "the run folder; must not hold a run; required", &options.out},
      {"--listen", "HOST:PORT", "the address for clients; port 0: any free one (127.0.0.1:0)",
       &options.listen},
      {"--set", "KEY=VALUE", "override a key of the experiment; may be repeated",
       &options.overrides},
      {"--replay", "DIR", "fold in each round the clients that the run in DIR folded",
       &options.replay},
      {"--format", "text|json", "print events as text, or as JSON, one object per line (text)",
       &options.format},
      {"--lock", "FD", "for programs that start this one: an inherited descriptor that locks DIR",
       &options.lock},
      {"--gone-from-stdin", "",
       "for programs that start this one: read lines \"gone IDS\", clients that will not come",
       &options.gone_from_stdin},
      {"--help", "", "print this", &options.help},
      {"--version", "", "print the version", &options.version},
  };
}

absl::Status Parse(std::span<char* const> arguments, Options& options) {
  for (const absl::string_view argument : arguments) {
    if (argument == "--") break;
    if (argument != "--events") continue;
    return absl::InvalidArgumentError("unknown option --events; it is --format json");
  }
  RETURN_IF_ERROR(ParseArguments(arguments, OptionTable(options), options.command));
  if (options.help || options.version) return absl::OkStatus();
  if (options.format != "text" && options.format != "json") {
    return absl::InvalidArgumentError(
        absl::StrCat("--format ", options.format, ": must be text or json"));
  }
  if (options.experiment.empty()) return absl::InvalidArgumentError("--experiment is missing");
  if (options.out.empty()) return absl::InvalidArgumentError("--out is missing");
  if (const auto listen = ParseHostPort(options.listen); !listen.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("--listen ", listen.status().message()));
  }
  if (options.lock >= 0 && fcntl(options.lock, F_GETFD) < 0) {
    return absl::InvalidArgumentError(absl::StrCat("--lock ", options.lock, ": is not open"));
  }
  return absl::OkStatus();
}

// Serves clients over gRPC until the run ends. `address` is set before the run starts.
absl::StatusOr<ledger::Verdict> Serve(Coordinator& coordinator, const std::string& run_id,
                                      const Options& options, std::string& address) {
  const std::string token = RandomHex(kTokenBytes);
  ASSIGN_OR_RETURN(
      const auto server,
      RpcServer::Start(coordinator, {.listen = options.listen,
                                     .token = token,
                                     .chunk_bytes = coordinator.experiment().limits.chunk_bytes,
                                     .count_wire = coordinator.experiment().ledger.enabled}));
  address = server->address();
  RETURN_IF_ERROR(ledger::WriteEndpoint(
      options.out, {.address = address, .token = token, .run_id = run_id, .pid = getpid()}));
  std::optional<Departures> departures;
  if (options.gone_from_stdin) {
    departures.emplace(STDIN_FILENO, [&coordinator](const std::vector<ClientId>& clients) {
      coordinator.WillNotJoin(clients);
    });
  }
  ForgetStartupCode();
  return coordinator.Run(*server);
}

// Waits until the last events are written. Returns the exit code.
int Conclude(OutputQueue& events, const std::string& folder, const ledger::Verdict& verdict) {
  const absl::Status told = events.Drain(kReadersPatience);
  if (!told.ok()) LogError(told.message());
  if (events.dropped() > 0) {
    LogError(absl::StrCat("standard output was not read in time: the oldest ", events.dropped(),
                          " lines were dropped; ", folder, "/ledger.sqlite has everything"));
  }
  const bool lost = !told.ok() && verdict.exit_code == exit_code::kDone;
  return lost ? exit_code::kEnvironment : verdict.exit_code;
}

int Main(std::span<char*> arguments) {
  SetLogName("coordinator");
  Options options;
  if (absl::Status status = Parse(arguments.subspan(1), options); !status.ok()) {
    std::fprintf(stderr, "fedround-coordinator: %s\n", Printable(status.message()).c_str());
    return exit_code::kUsage;
  }
  if (options.help) {
    return PrintAndEnd(
        absl::StrCat("usage: fedround-coordinator --experiment FILE --out DIR [OPTIONS]\n",
                     OptionsHelp(OptionTable(options))));
  }
  if (options.version) return PrintAndEnd("fedround-coordinator " FEDROUND_VERSION "\n");
  absl::StatusOr<Experiment> experiment = LoadExperiment(options.experiment, options.overrides);
  if (!experiment.ok()) {
    // If there are several faults, each has its own line.
    for (const absl::string_view line : absl::StrSplit(experiment.status().message(), '\n')) {
      LogError(line);
    }
    return exit_code::kUsage;
  }
  const Fd lock(options.lock);
  auto signals = std::make_unique<SignalFd>(std::initializer_list<int>{SIGINT, SIGTERM});
  OutputQueue events(STDOUT_FILENO, "standard output");
  std::string address;
  const auto show = [&](ledger::RunEvent event) {
    if (auto* started = std::get_if<ledger::event::Started>(&event)) started->address = address;
    events.Write((options.format == "json" ? ledger::ToJson(event) : EventText(event)) + "\n");
  };
  if (options.command.empty()) options.command.assign(arguments.begin(), arguments.end());
  const ledger::Verdict verdict =
      RunInFolder({.experiment = *std::move(experiment),
                   .folder = options.out,
                   .replay = options.replay,
                   .command = options.command,
                   .on_event = show,
                   .locked = lock.valid(),
                   .signals = signals.get()},
                  [&](Coordinator& coordinator, const std::string& run_id) {
                    return Serve(coordinator, run_id, options, address);
                  });
  signals.reset();  // from here on a signal ends the process: only the last lines are not written
  return Conclude(events, options.out, verdict);
}

}  // namespace
}  // namespace fedround::coordinator

int main(int argc, char** argv) {
  fedround::ReserveStandardDescriptors();
  fedround::ExitWhenOutOfMemory();
  fedround::KeepFreedMemory();
  // The reader of the events may die first; the run still ends in order.
  std::signal(SIGPIPE, SIG_IGN);
  return fedround::coordinator::Main({argv, static_cast<std::size_t>(argc)});
}
