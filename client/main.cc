// fedround-client: hosts clients of a federation. It has no configuration of its own: the
// coordinator tells it what to train. `fedround run` starts these processes; on other machines they
// are started by hand.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/client_host.h"
#include "client/rpc/grpc_coordinator_link.h"
#include "common/base/clock.h"
#include "common/base/exit_code.h"
#include "common/base/io/host_port.h"
#include "common/base/io/output.h"
#include "common/base/log.h"
#include "common/base/measure/resource_usage.h"
#include "common/base/printable.h"
#include "common/base/process/arguments.h"
#include "common/base/process/out_of_memory.h"
#include "common/base/ranges.h"
#include "common/base/status_macros.h"
#include "common/ledger/run_folder.h"

namespace fedround::client {
namespace {

constexpr char kTokenVariable[] = "FEDROUND_TOKEN";
constexpr char kEndpointName[] = "endpoint.json";
constexpr char kStateName[] = "client_state";

struct Options {
  std::string endpoint;
  std::string state;
  std::string address;
  std::string clients;
  int threads = 0;
  double join_timeout_s = 30;
  bool help = false;
  bool version = false;
};

std::vector<Option> OptionTable(Options& options) {
  return {
      {"--endpoint", "FILE", "the run's endpoint.json; waits until it exists", &options.endpoint},
      {"--address", "HOST:PORT", "the coordinator; its token is in the variable FEDROUND_TOKEN",
       &options.address},
      {"--clients", "IDS", "which clients to host, like 0-4,7; required", &options.clients},
      {"--threads", "N", "clients that may work at the same time; 0: as many as compute slots (0)",
       &options.threads},
      {"--join-timeout", "SECONDS",
       "how long to try to reach the coordinator, at first and after losing it (30)",
       &options.join_timeout_s},
      {"--state", "FOLDER",
       "for federation.client_state = disk (client_state, beside the endpoint)", &options.state},
      {"--help", "", "print this", &options.help},
      {"--version", "", "print the version", &options.version},
  };
}

absl::Status Parse(std::span<char* const> arguments, Options& options) {
  std::vector<std::string> rest;
  RETURN_IF_ERROR(ParseArguments(arguments, OptionTable(options), rest));
  if (options.help || options.version) return absl::OkStatus();
  if (!rest.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("unexpected argument \"", rest.front(), "\""));
  }
  if (options.endpoint.empty() == options.address.empty()) {
    return absl::InvalidArgumentError("give one of --endpoint and --address");
  }
  if (!options.address.empty()) {
    const absl::StatusOr<HostPort> address = ParseHostPort(options.address);
    if (!address.ok()) {
      return absl::InvalidArgumentError(absl::StrCat("--address ", address.status().message()));
    }
    if (address->port == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("--address \"", options.address, "\": nobody listens at port 0"));
    }
  }
  if (options.clients.empty()) return absl::InvalidArgumentError("--clients is missing");
  if (options.threads < 0) return absl::InvalidArgumentError("--threads: must be >= 0");
  if (!(options.join_timeout_s > 0 && options.join_timeout_s <= 1e6)) {
    return absl::InvalidArgumentError("--join-timeout: must be in (0, 1000000]");
  }
  return absl::OkStatus();
}

// Waits for the coordinator to write its endpoint: it and its clients are started at the same time.
absl::StatusOr<ledger::Endpoint> WaitForEndpoint(const std::string& path, Nanos deadline) {
  const std::filesystem::path file(path);
  if (file.filename() != kEndpointName) {
    return absl::InvalidArgumentError(
        absl::StrCat("--endpoint ", path, ": must be a run's ", kEndpointName));
  }
  const std::string folder = file.has_parent_path() ? file.parent_path().string() : ".";
  std::chrono::milliseconds pause{2};
  while (true) {
    absl::StatusOr<ledger::Endpoint> endpoint = ledger::ReadEndpoint(folder);
    if (!absl::IsNotFound(endpoint.status())) return endpoint;
    if (MonotonicNow() >= deadline) {
      return absl::UnavailableError(
          absl::StrCat(path, ": does not exist; no coordinator has started"));
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 3 / 2, std::chrono::milliseconds{50});
  }
}

absl::StatusOr<ledger::Endpoint> FindCoordinator(const Options& options, Nanos deadline) {
  if (!options.endpoint.empty()) return WaitForEndpoint(options.endpoint, deadline);
  const char* token = std::getenv(kTokenVariable);
  if (token == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("--address needs the run's token in the variable ", kTokenVariable));
  }
  if (const absl::Status status = ledger::CheckToken(token); !status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(kTokenVariable, ": ", status.message()));
  }
  return ledger::Endpoint{.address = options.address, .token = token, .run_id = "", .pid = 0};
}

// Beside the endpoint, or here.
std::string StateFolder(const Options& options) {
  if (!options.state.empty()) return options.state;
  return (std::filesystem::path(options.endpoint).parent_path() / kStateName).string();
}

absl::StatusOr<Instruction> Host(const Options& options, const std::vector<ClientId>& clients) {
  const auto timeout = static_cast<Nanos>(options.join_timeout_s * double{kNanosPerSecond});
  const Nanos deadline = MonotonicNow() + timeout;
  ASSIGN_OR_RETURN(const ledger::Endpoint endpoint, FindCoordinator(options, deadline));
  GrpcCoordinatorLink link({.address = endpoint.address,
                            .token = endpoint.token,
                            .join_deadline = std::max(deadline - MonotonicNow(), kNanosPerMilli),
                            .rejoin_deadline = timeout});
  return RunClientHost(link, {.clients = clients,
                              .threads = options.threads,
                              .own_process = true,
                              .state_folder = StateFolder(options)});
}

int UsageError(absl::string_view message) {
  std::fprintf(stderr, "fedround-client: %s\n", Printable(message).c_str());
  return exit_code::kUsage;
}

int Main(std::span<char* const> arguments) {
  Options options;
  if (absl::Status status = Parse(arguments.subspan(1), options); !status.ok()) {
    return UsageError(status.message());
  }
  if (options.help) {
    return PrintAndEnd(absl::StrCat(
        "usage: fedround-client (--endpoint FILE | --address HOST:PORT) --clients IDS\n",
        OptionsHelp(OptionTable(options))));
  }
  if (options.version) return PrintAndEnd("fedround-client " FEDROUND_VERSION "\n");
  absl::StatusOr<std::vector<std::uint64_t>> clients = ParseRanges(options.clients);
  if (!clients.ok()) return UsageError(absl::StrCat("--clients ", clients.status().message()));
  SetLogName(absl::StrCat("client ", options.clients));
  const absl::StatusOr<Instruction> leave = Host(options, *clients);
  if (!leave.ok()) {
    LogError(leave.status().message());
    return exit_code::Of(leave.status());
  }
  LogInfo(absl::StrCat("told to leave", leave->reason.empty() ? "" : ": ", leave->reason));
  // How the run ended is for the coordinator to report; this host did what it was told.
  return exit_code::kDone;
}

}  // namespace
}  // namespace fedround::client

int main(int argc, char** argv) {
  fedround::ReserveStandardDescriptors();
  fedround::ExitWhenOutOfMemory();
  fedround::KeepFreedMemory();
  return fedround::client::Main({argv, static_cast<std::size_t>(argc)});
}
