#include "experiments/launch/local_launcher.h"

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/io/file.h"
#include "common/base/ranges.h"
#include "common/base/status_macros.h"
#include "common/config/choices.h"
#include "experiments/launch/supervisor.h"

namespace fedround::launch {
namespace {

// Removes what an earlier run in the same folder may have left: clients must not read its address,
// and this program not its verdict.
absl::Status PrepareFolder(const std::string& folder) {
  for (const absl::string_view name : {"endpoint.json", "status.json"}) {
    const std::string path = absl::StrCat(folder, "/", name);
    if (unlink(path.c_str()) != 0 && errno != ENOENT) return ErrnoStatus(errno, path);
  }
  const std::string logs = folder + "/logs";
  std::error_code none;
  if (std::filesystem::is_symlink(logs, none)) {
    return absl::PermissionDeniedError(absl::StrCat(logs, ": is a link; remove it"));
  }
  return MakeFolders(logs);
}

ProcessSpec CoordinatorProcess(const LocalLauncherOptions& options, const LaunchSpec& spec) {
  ProcessSpec process;
  process.arguments = {options.coordinator_program,
                       "--experiment",
                       spec.folder + "/config.toml",
                       "--out",
                       spec.folder,
                       "--listen",
                       "127.0.0.1:0",
                       "--format",
                       "json",
                       "--gone-from-stdin"};
  if (spec.lock_fd >= 0) {
    process.arguments.insert(process.arguments.end(), {"--lock", absl::StrCat(spec.lock_fd)});
  }
  if (!spec.replay.empty()) {
    process.arguments.insert(process.arguments.end(), {"--replay", spec.replay});
  }
  process.arguments.push_back("--");
  process.arguments.insert(process.arguments.end(), spec.command.begin(), spec.command.end());
  process.log = spec.folder + "/logs/coordinator.log";
  process.pipe_output = true;
  process.connect_input = true;
  process.inherited_fd = spec.lock_fd;
  process.signal_at_parents_death = SIGTERM;  // it then stops the run in order
  return process;
}

// What starts a client process, with placeholders for its endpoint and clients.
absl::StatusOr<std::vector<std::string>> ClientCommand(const LocalLauncherOptions& options,
                                                       const LaunchSpec& spec) {
  if (spec.client_command.empty()) {
    return std::vector<std::string>{options.client_program, "--endpoint",
                                    std::string(kEndpointPlaceholder), "--clients",
                                    std::string(kClientsPlaceholder)};
  }
  std::vector<std::string> command = spec.client_command;
  const absl::StatusOr<std::string> program = FindProgram(command.front());
  if (!program.ok()) return Annotate("launch.client_command", program.status());
  command.front() = *program;
  return command;
}

ProcessSpec HostProcess(const std::vector<std::string>& command, const LaunchSpec& spec,
                        const std::string& name, const std::string& clients) {
  ProcessSpec process;
  for (const std::string& argument : command) {
    process.arguments.push_back(absl::StrReplaceAll(
        argument,
        {{kEndpointPlaceholder, spec.folder + "/endpoint.json"}, {kClientsPlaceholder, clients}}));
  }
  process.log = absl::StrCat(spec.folder, "/logs/", name, ".log");
  process.signal_at_parents_death = SIGKILL;
  return process;
}

}  // namespace

absl::StatusOr<LaunchReport> LocalLauncher::Launch(const LaunchSpec& spec,
                                                   const LaunchObserver& observer) {
  ASSIGN_OR_RETURN(const std::vector<std::string> command, ClientCommand(options_, spec));
  RETURN_IF_ERROR(PrepareFolder(spec.folder));
  Supervisor supervisor({.leave_grace = options_.leave_grace,
                         .stop_grace = options_.stop_grace,
                         .terminate_grace = options_.terminate_grace,
                         .same_stop = options_.same_stop},
                        observer);
  RETURN_IF_ERROR(supervisor.Start("coordinator", {}, CoordinatorProcess(options_, spec)));
  for (const std::vector<ClientId>& clients : spec.hosts) {
    const std::string ids = FormatRanges(clients);
    const std::string name = absl::StrCat("client-", ids);
    RETURN_IF_ERROR(supervisor.Start(name, clients, HostProcess(command, spec, name, ids)));
  }
  return std::move(supervisor).Finish(spec.folder);
}

std::string SiblingProgram(absl::string_view name) {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / std::string(name)).string();
}

}  // namespace fedround::launch
