// The lines of progress, as text.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/cli/screen/progress.h"
#include "experiments/cli/text/text.h"

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

std::string ScoreText(const ledger::event::Evaluated& score,
                      std::optional<double> gain = std::nullopt) {
  return absl::StrFormat("accuracy %.4f%s  loss %.4f", score.accuracy.value_or(0),
                         gain.has_value() ? absl::StrFormat(" (%+.4f)", *gain) : "",
                         score.loss.value_or(0));
}

std::string EtaText(const Tally& tally) {
  const double mean = tally.total().wall_s / static_cast<double>(tally.round_wall_s().size());
  const double left = mean * (tally.rounds() - tally.rounds_done());
  return absl::StrCat("eta ",
                      left < 60 ? absl::StrFormat("%.0f s", std::ceil(left)) : SecondsText(left));
}

// Central training has no traffic worth showing.
std::string TrafficText(const Tally& tally) {
  if (tally.central()) return "";
  const ledger::event::Round& round = tally.last_round();
  return absl::StrFormat("  updates %d/%d  down %s  up %s", round.folded, round.cohort,
                         BytesText(round.payload_bytes_down), BytesText(round.payload_bytes_up));
}

std::string ThousandthsText(std::int64_t thousandths) {
  return absl::StrFormat("%d.%03d", thousandths / 1000, thousandths % 1000);
}

// Where the round's wall time went for the mean client, the longest phases first, in thousandths of
// a second that add up: "0.100 s = train 0.050 + wait_slot 0.010 + rest 0.040". What does not fit
// into `width` columns is in the rest. If the clients report more time than the round took, because
// their previous tasks ran into this round, it is not written as an equation.
std::string PhaseText(const ledger::event::Round& round, std::size_t width) {
  const auto thousandths = [](double seconds) {
    return std::int64_t{std::llround(seconds * 1000)};
  };
  std::vector<std::pair<std::int64_t, absl::string_view>> parts = {
      {thousandths(round.commit_s), "commit"}};
  for (int i = 0; i < kClientPhases; ++i) {
    if (static_cast<ClientPhase>(i) == ClientPhase::kWaitInstruction) continue;
    parts.push_back({thousandths(round.phase_s[i]), kClientPhaseNames[i]});
  }
  std::ranges::sort(parts, std::greater());
  std::int64_t rest = thousandths(round.wall_s);
  for (const auto& [part, name] : parts) rest -= part;
  const bool adds_up = rest >= 0;
  std::string text = absl::StrCat(ThousandthsText(thousandths(round.wall_s)), " s");
  absl::string_view before = adds_up ? " = " : "; mean client: ";
  const std::size_t room_for_rest =
      adds_up ? absl::StrCat(" + rest ", ThousandthsText(thousandths(round.wall_s))).size() : 0;
  for (const auto& [part, name] : parts) {
    const std::string item = absl::StrCat(before, name, " ", ThousandthsText(part));
    if (part == 0) continue;
    if (text.size() + item.size() + room_for_rest > width) {
      rest += part;
      continue;
    }
    absl::StrAppend(&text, item);
    before = adds_up ? " + " : ", ";
  }
  if (adds_up && rest > 0) absl::StrAppend(&text, before, "rest ", ThousandthsText(rest));
  return text;
}

std::string WaitingText(const Tally& tally) {
  if (!tally.started()) return "starting";
  return absl::StrFormat("waiting for clients: %d of %d connected", tally.connected(),
                         tally.start()->clients);
}

}  // namespace

std::string Narrowed(std::string line, std::size_t width) {
  while (line.size() > width) {
    const std::size_t last = line.rfind("  ");
    if (last == std::string::npos) break;
    line.resize(last);
  }
  return line;
}

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
      absl::StrAppend(&line, "  ", ScoreText(*tally.score(), tally.accuracy_gain()));
    }
    lines.push_back(std::move(line));
    lines.push_back(PhaseText(tally.last_round(), width));
  }
  for (std::string& line : lines) {
    line = Narrowed(std::move(line), width);
    line.resize(std::min(line.size(), width));
  }
  return lines;
}

std::string RoundLine(const Tally& tally) {
  const ledger::event::Round& round = tally.last_round();
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
