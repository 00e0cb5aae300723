// fedround run and fedround train: an experiment from its file to the last screen.
#include <unistd.h>

#include <csignal>
#include <memory>
#include <ostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/exit_code.h"
#include "common/base/io/file.h"
#include "common/base/io/output_queue.h"
#include "common/base/log.h"
#include "common/base/process/signals.h"
#include "common/base/status_macros.h"
#include "common/config/experiment.h"
#include "common/config/settle_clients.h"
#include "common/ledger/machine.h"
#include "experiments/cli/commands/central_training.h"
#include "experiments/cli/commands/commands.h"
#include "experiments/cli/fresh_folder.h"
#include "experiments/cli/screen/progress.h"
#include "experiments/cli/screen/queued_stream.h"
#include "experiments/cli/screen/summary.h"
#include "experiments/cli/text/text.h"
#include "experiments/launch/local_launcher.h"
#include "experiments/simulate/run_in_process_folder.h"

namespace fedround::cli {
namespace {

using ledger::RunEvent;
using ledger::ToJson;

// How long the program waits at its end for somebody who does not read standard output.
constexpr Nanos kReadersPatience = 600 * kNanosPerSecond;

// What a driver needs to know about the run.
struct RunPlan {
  Experiment experiment;
  FreshFolder& folder;
  std::string replay;
  std::vector<std::string> command;
};

// Keeps the tally and passes each event on to the progress display.
class Watcher {
 public:
  Watcher(Progress& progress, bool central) : progress_(progress), tally_(central) {}

  const Tally& tally() const { return tally_; }
  void OnEvent(const RunEvent& event, absl::string_view line) {
    tally_.Add(event);
    progress_.OnEvent(tally_, event, line);
  }
  void OnDeath(const launch::ProcessDeath& death) { progress_.OnDeath(tally_, death); }

 private:
  Progress& progress_;
  Tally tally_;
};

// The experiment as it will run. With federation.clients = 0 the data is read here to count them
// only if the number is needed before the coordinator, which reads the data anyway, settles it.
absl::StatusOr<Experiment> Prepare(Experiment experiment, bool central) {
  if (central || experiment.launch.driver != Driver::kInProcess) {
    RETURN_IF_ERROR(SettleClients(experiment));
  }
  if (central) return CentralTraining(std::move(experiment));
  RETURN_IF_ERROR(launch::CheckProcesses(experiment));
  return experiment;
}

absl::StatusOr<launch::LaunchReport> LaunchProcesses(const RunPlan& plan, Watcher& watcher) {
  RETURN_IF_ERROR(WriteFileAtomically(plan.folder.path() + "/config.toml",
                                      ExperimentToToml(plan.experiment, /*comments=*/false)));
  launch::LocalLauncher launcher(
      {.coordinator_program = launch::SiblingProgram("fedround-coordinator"),
       .client_program = launch::SiblingProgram("fedround-client")});
  return launcher.Launch(
      {.folder = plan.folder.path(),
       .command = plan.command,
       .replay = plan.replay,
       .lock_fd = plan.folder.lock_fd(),
       .hosts = launch::SpreadClients(plan.experiment.federation.clients,
                                      plan.experiment.launch.processes),
       .client_command = plan.experiment.launch.client_command},
      {.on_event = [&watcher](const RunEvent& event,
                              absl::string_view line) { watcher.OnEvent(event, line); },
       .on_death = [&watcher](const launch::ProcessDeath& death) { watcher.OnDeath(death); }});
}

launch::LaunchReport RunHere(RunPlan plan, Watcher& watcher) {
  SignalFd signals({SIGINT, SIGTERM});
  launch::LaunchReport report;
  report.coordinator.log = simulate::InProcessLog(plan.folder.path());
  report.verdict = simulate::RunInProcessFolder(
      {.experiment = std::move(plan.experiment),
       .folder = plan.folder.path(),
       .replay = std::move(plan.replay),
       .command = std::move(plan.command),
       .on_event = [&watcher](const RunEvent& event) { watcher.OnEvent(event, ToJson(event)); },
       .discard = [&folder = plan.folder] { folder.Discard(); }},
      signals);
  if (const auto& finish = watcher.tally().finish(); finish.has_value()) {
    report.coordinator.cpu_ns = static_cast<Nanos>(finish->cpu_s * double{kNanosPerSecond});
    report.coordinator.peak_rss_bytes = finish->peak_rss_bytes;
  }
  return report;
}

absl::StatusOr<launch::LaunchReport> Drive(RunPlan plan, Watcher& watcher) {
  if (plan.experiment.launch.driver == Driver::kInProcess) return RunHere(std::move(plan), watcher);
  return LaunchProcesses(plan, watcher);
}

// The last event for a coordinator that could not write one itself, from the events before.
ledger::event::Finished WithoutLastWord(const ledger::Verdict& verdict, const Tally& tally) {
  ledger::event::Finished finished{
      .verdict = verdict, .rounds_done = tally.rounds_done(), .end_time = ledger::TimeNow()};
  if (tally.score().has_value()) {
    finished.accuracy = tally.score()->accuracy;
    finished.loss = tally.score()->loss;
  }
  return finished;
}

std::unique_ptr<Progress> MakeProgress(const RunCommand& command, std::ostream& out,
                                       Terminal terminal) {
  if (command.quiet) return MakeNoProgress();
  if (command.json) return MakeJsonProgress(out);
  if (!terminal.live) return MakePlainProgress(out);
  return MakeLiveProgress(out, terminal, [] { return TerminalWidth(STDOUT_FILENO); });
}

// Names the resolved experiment, so that later edits of the file do not matter, and asks for the
// same folded sets if clients were missing from this run.
std::string RepeatCommand(const Invocation& invocation, const RunCommand& command,
                          const std::string& folder, bool replay) {
  std::vector<std::string> arguments = {invocation.arguments.front(),
                                        command.central ? "train" : "run", folder + "/config.toml"};
  if (replay && !command.central) arguments.insert(arguments.end(), {"--replay", folder});
  return ShellText(arguments);
}

void PrintClosing(const RunCommand& command, const SummaryInput& input, std::ostream& out) {
  if (command.quiet) {
    out << (command.json ? ToJson(*input.tally.finish()) : ResultLine(input)) << std::endl;
  } else if (!command.json) {
    for (const std::string& line : SummaryLines(input)) out << line << '\n';
    out.flush();
  }
}

// How the program ends: the message on standard error, if any, and the exit code.
struct Ending {
  std::string error;
  int exit_code = exit_code::kDone;
};

// When this returns the folder is unlocked, however long it takes until the last lines are read.
Ending RunShown(const RunCommand& command, const Invocation& invocation, Experiment experiment,
                FreshFolder folder, std::ostream& out) {
  const Terminal terminal = DetectTerminal(STDOUT_FILENO);
  const std::unique_ptr<Progress> progress = MakeProgress(command, out, terminal);
  Watcher watcher(*progress, command.central);
  const absl::StatusOr<launch::LaunchReport> report =
      Drive({std::move(experiment), folder, command.replay, invocation.arguments}, watcher);
  if (report.ok() && !watcher.tally().finish().has_value()) {
    // The coordinator could not write it, but programs that read the events still get an end.
    const RunEvent finished = WithoutLastWord(report->verdict, watcher.tally());
    watcher.OnEvent(finished, ToJson(finished));
  }
  progress->Close();
  if (!report.ok()) {
    folder.Discard();
    return {std::string(report.status().message()), exit_code::kEnvironment};
  }
  const ledger::Verdict& verdict = report->verdict;
  if (!watcher.tally().started() && !report->crash.has_value()) {
    folder.Discard();
    if (command.quiet && command.json) out << ToJson(*watcher.tally().finish()) << std::endl;
    return {verdict.message, verdict.exit_code};
  }
  const bool partial = !report->deaths.empty() || !watcher.tally().failures().empty();
  PrintClosing(command,
               {.tally = watcher.tally(),
                .report = *report,
                .elapsed_s = Seconds(MonotonicNow() - invocation.start_ns),
                .folder = folder.path(),
                .repeat = RepeatCommand(invocation, command, folder.path(), partial),
                .colour = terminal.colour},
               out);
  const bool said = !command.json || verdict.exit_code == exit_code::kDone;
  return {said ? "" : verdict.message, verdict.exit_code};
}

// Waits until the last lines are written, and says so if some are lost: in the log, which waits for
// nobody, while standard error may be the very terminal that is not being read.
int Conclude(OutputQueue& queue, const Ending& ending) {
  const absl::Status told = queue.Drain(kReadersPatience);
  if (queue.dropped() > 0) {
    LogError(absl::StrCat("standard output was not read in time: the oldest ", queue.dropped(),
                          " pieces of text were dropped"));
  }
  const int code = told.ok() || ending.exit_code != exit_code::kDone ? ending.exit_code
                                                                     : exit_code::kEnvironment;
  if (absl::IsDeadlineExceeded(told)) {
    LogError(told.message());
    return code;
  }
  if (!told.ok()) Fail(told.message(), code);
  return ending.error.empty() ? code : Fail(ending.error, code);
}

}  // namespace

int RunRun(const RunCommand& command, const Invocation& invocation) {
  absl::StatusOr<Experiment> experiment = LoadExperiment(command.config, command.overrides);
  if (!experiment.ok()) return Fail(experiment.status().message(), exit_code::kUsage);
  experiment = Prepare(*std::move(experiment), command.central);
  if (!experiment.ok())
    return Fail(experiment.status().message(), exit_code::Of(experiment.status()));
  absl::StatusOr<FreshFolder> folder =
      FreshFolder::Create(command.out.empty() ? NewRunFolder(experiment->run.name) : command.out);
  if (!folder.ok()) return Fail(folder.status().message(), exit_code::Of(folder.status()));
  // Through a queue: somebody who does not read must not hold up the run.
  OutputQueue queue(STDOUT_FILENO, "standard output");
  QueuedStream out(queue);
  const Ending ending =
      RunShown(command, invocation, *std::move(experiment), *std::move(folder), out);
  return Conclude(queue, ending);
}

}  // namespace fedround::cli
