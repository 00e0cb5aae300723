// The lines of progress, as text.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/cli/progress.h"
#include "experiments/cli/text.h"

namespace fedround::cli {
namespace {

constexpr std::size_t kBarWidth = 20;

// "round  7/20": the number padded to the width of the last one.
std::string RoundText(const Tally& tally) {
  const std::string rounds = absl::StrCat(tally.rounds());
  return absl::StrFormat("%s %*d/%s", tally.round_name(), static_cast<int>(rounds.size()),
                         tally.rounds_done(), rounds);
}

std::string Bar(std::uint32_t done, std::uint32_t all) {
  const std::size_t full =
      all == 0 ? kBarWidth
               : std::min<std::size_t>(kBarWidth, static_cast<std::size_t>(done) * kBarWidth / all);
  std::string bar(full, '=');
  if (full < kBarWidth) bar += '>';
  bar.resize(kBarWidth, ' ');
  return absl::StrCat("[", bar, "]");
}

std::string ScoreText(const ledger::RunEvent& score) {
  return absl::StrFormat("accuracy %.4f  loss %.4f", score.accuracy.value_or(0),
                         score.loss.value_or(0));
}

std::string EtaText(const Tally& tally) {
  const double mean = tally.total().wall_s / static_cast<double>(tally.round_wall_s().size());
  const double left = mean * (tally.rounds() - tally.rounds_done());
  return absl::StrCat("eta ",
                      left < 60 ? absl::StrFormat("%.0f s", std::ceil(left)) : SecondsText(left));
}

// Of central training there is none to speak of.
std::string TrafficText(const Tally& tally) {
  if (tally.central()) return "";
  const ledger::RunEvent& round = tally.last_round();
  return absl::StrFormat("  updates %d/%d  down %s  up %s", round.folded, round.cohort,
                         BytesText(round.payload_bytes_down), BytesText(round.payload_bytes_up));
}

// Phases too short to show are left out.
std::string PhaseText(const ledger::RunEvent& round) {
  std::string text = absl::StrCat(SecondsText(round.wall_s), " =");
  const auto append = [&text](absl::string_view name, double seconds) {
    if (seconds >= 0.0005) absl::StrAppendFormat(&text, " %s %.3f", name, seconds);
  };
  for (int i = 0; i < kClientPhases; ++i) append(kClientPhaseNames[i], round.phase_s[i]);
  append("commit", round.commit_s);
  return text;
}

std::string WaitingText(const Tally& tally) {
  if (!tally.started()) return "starting";
  return absl::StrFormat("waiting for clients: %d of %d connected", tally.connected(),
                         tally.start()->clients);
}

}  // namespace

std::vector<std::string> LiveLines(const Tally& tally, std::size_t width) {
  std::vector<std::string> lines;
  if (tally.round_wall_s().empty()) {
    lines.push_back(tally.connected() > 0 && tally.connected() >= tally.start()->clients
                        ? absl::StrCat(RoundText(tally), " ", Bar(0, tally.rounds()))
                        : WaitingText(tally));
  } else {
    std::string line = absl::StrCat(RoundText(tally), " ", Bar(tally.rounds_done(), tally.rounds()),
                                    "  ", EtaText(tally));
    if (tally.score().has_value()) {
      absl::StrAppend(&line, "  ", ScoreText(*tally.score()));
      if (const auto gain = tally.accuracy_gain()) absl::StrAppendFormat(&line, " (%+.4f)", *gain);
    }
    lines.push_back(std::move(line));
    lines.push_back(absl::StrCat(PhaseText(tally.last_round()), TrafficText(tally)));
  }
  for (std::string& line : lines) line.resize(std::min(line.size(), width));
  return lines;
}

std::string RoundLine(const Tally& tally) {
  const ledger::RunEvent& round = tally.last_round();
  std::string line = RoundText(tally);
  if (tally.score().has_value() && tally.score()->round == round.round) {
    absl::StrAppend(&line, "  ", ScoreText(*tally.score()));
  }
  return absl::StrCat(line, "  ", SecondsText(round.wall_s), TrafficText(tally));
}

std::string DeathLine(const launch::ProcessDeath& death) {
  return absl::StrCat(death.name, " ended early: ", death.how, "; ", death.log,
                      death.last_lines.empty() ? "" : ": ",
                      death.last_lines.empty() ? "" : death.last_lines.back());
}

}  // namespace fedround::cli
