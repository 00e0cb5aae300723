// Shows a run while it goes on, in one of four ways:
//
//   terminal  a block of two lines that is repainted, below the lines of the rounds (only some of
//             them if there are many)
//   pipe      one line per round
//   json      the events themselves
//   quiet     nothing
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/ledger/run_event.h"
#include "experiments/cli/screen/tally.h"
#include "experiments/cli/screen/terminal.h"
#include "experiments/launch/launcher.h"

namespace fedround::cli {

// Not thread-safe.
class Progress {
 public:
  virtual ~Progress() = default;
  // `tally` has taken the event already. `line` is the event as JSON.
  virtual void OnEvent(const Tally& tally, const ledger::RunEvent& event,
                       absl::string_view line) = 0;
  virtual void OnDeath(const Tally& tally, const launch::ProcessDeath& death) = 0;
  // The run is over: leaves the cursor at the start of a line.
  virtual void Close() {}
};

// `out` must outlive each of them. `width` is called before each repainting.
std::unique_ptr<Progress> MakeLiveProgress(std::ostream& out, Terminal terminal,
                                           std::function<std::size_t()> width);
std::unique_ptr<Progress> MakePlainProgress(std::ostream& out);
std::unique_ptr<Progress> MakeJsonProgress(std::ostream& out);
std::unique_ptr<Progress> MakeNoProgress();

// The two lines of the live block, each at most `width` columns.
std::vector<std::string> LiveLines(const Tally& tally, std::size_t width);
// "round  7/20  accuracy 0.8123  loss 0.5311  0.061 s  updates 10/10  down 7.6 MiB  up 7.6 MiB".
std::string RoundLine(const Tally& tally);
// A round's line without those figures at its end that do not fit into `width` columns.
std::string Narrowed(std::string line, std::size_t width);
// "client-3 ended early: killed by signal 9 (Killed); runs/q/logs/client-3.log: LAST LINE".
std::string DeathLine(const launch::ProcessDeath& death);

}  // namespace fedround::cli
