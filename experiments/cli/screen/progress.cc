#include "experiments/cli/screen/progress.h"

#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/base/named_enum.h"
#include "common/base/printable.h"
#include "experiments/cli/text/text.h"

namespace fedround::cli {
namespace {

using ledger::RunEvent;
namespace event = ledger::event;

// A run in trouble may have a thousand failures; the first few are shown as they come, the summary
// and the ledger have the rest.
constexpr int kShownFailures = 5;

std::string FailureLine(const Tally& tally, const event::Failure& failure) {
  return absl::StrCat(
      tally.round_name(), " ", failure.round, ": ",
      failure.client.has_value() ? absl::StrCat("client ", *failure.client, ": ") : "",
      NameOf(failure.what), ": ", failure.message);
}

// The line that an event leaves above the lines of rounds, if any.
std::optional<std::string> RemainingLine(const RunEvent& event) {
  if (const auto* notice = std::get_if<event::Notice>(&event)) return notice->message;
  const auto* started = std::get_if<event::Started>(&event);
  if (started == nullptr || !started->initial.has_value()) return std::nullopt;
  return absl::StrCat("starts from ", *started->initial);
}

template <typename Kind>
bool Is(const RunEvent& event) {
  return std::holds_alternative<Kind>(event);
}

// A round's line waits for its score, which comes next if there is one.
class RoundLines {
 public:
  // The lines that are complete once `tally` has taken the event.
  std::vector<std::string> Take(const Tally& tally, const RunEvent& event) {
    std::vector<std::string> complete;
    const auto* score = std::get_if<event::Evaluated>(&event);
    if (score != nullptr && !score->accuracy.has_value()) return complete;
    if (score != nullptr && waiting_.has_value()) waiting_ = RoundLine(tally);
    if (!Is<event::Joined>(event)) complete = Rest();
    if (Is<event::Round>(event)) waiting_ = RoundLine(tally);
    return complete;
  }
  std::vector<std::string> Rest() {
    std::vector<std::string> rest;
    if (waiting_.has_value()) rest.push_back(*std::exchange(waiting_, std::nullopt));
    return rest;
  }

 private:
  std::optional<std::string> waiting_;
};

// The least of 1, 2, 5, 10, 20, ... that is not below `least`.
std::uint64_t RoundStep(std::uint64_t least) {
  for (std::uint64_t power = 1;; power *= 10) {
    for (const std::uint64_t factor : {1U, 2U, 5U}) {
      if (factor * power >= least) return factor * power;
    }
  }
}

// If there are many rounds, a terminal keeps some twenty lines: the first, the last, and, say,
// every 50th.
bool IsKept(const Tally& tally) {
  constexpr std::uint32_t kMost = 40;
  constexpr std::uint32_t kEnough = 20;
  const std::uint32_t round = tally.rounds_done();
  const std::uint64_t step =
      tally.rounds() <= kMost ? 1 : RoundStep((tally.rounds() + kEnough - 1) / kEnough);
  return round == 1 || round % step == 0 || round == tally.rounds();
}

class LiveProgress final : public Progress {
 public:
  LiveProgress(std::ostream& out, Terminal terminal, std::function<std::size_t()> width)
      : out_(out), terminal_(terminal), width_(std::move(width)) {
    Paint(Tally());
  }

  void OnEvent(const Tally& tally, const RunEvent& event, absl::string_view) override {
    LeaveRounds(rounds_.Take(tally, event));
    if (Is<event::Round>(event)) keeps_ = IsKept(tally);
    if (const auto* failure = std::get_if<event::Failure>(&event)) {
      Remark(FailureLine(tally, *failure));
    }
    if (const auto line = RemainingLine(event); line.has_value()) Leave(*line);
    if (!Is<event::Finished>(event)) Paint(tally);
  }

  void OnDeath(const Tally& tally, const launch::ProcessDeath& death) override {
    LeaveRounds(rounds_.Rest());
    Remark(DeathLine(death));
    Paint(tally);
  }

  void Close() override {
    LeaveRounds(rounds_.Rest());
    Erase();
    out_.flush();
  }

 private:
  void Remark(const std::string& line) {
    if (remarks_++ < kShownFailures) Leave(line, terminal_.colour);
  }

  void LeaveRounds(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
      if (keeps_) Leave(Narrowed(line, width_()));
    }
  }

  // Prints a line that stays above the block.
  void Leave(const std::string& line, bool red = false) {
    Erase();
    out_ << Red(line, red) << '\n';
  }

  void Erase() {
    if (painted_ == 0) return;
    out_ << '\r';
    if (painted_ > 1) out_ << "\x1b[" << painted_ - 1 << 'A';
    out_ << "\x1b[J";
    painted_ = 0;
  }

  void Paint(const Tally& tally) {
    Erase();
    // Some terminals wrap a line that is as wide as they are.
    const std::size_t width = width_();
    for (const std::string& line : LiveLines(tally, width > 0 ? width - 1 : 0)) {
      out_ << (painted_++ > 0 ? "\n" : "") << line;
    }
    out_.flush();
  }

  std::ostream& out_;
  const Terminal terminal_;
  const std::function<std::size_t()> width_;
  RoundLines rounds_;
  bool keeps_ = false;  // whether the newest round's line stays
  int painted_ = 0;     // lines of the block
  int remarks_ = 0;
};

class PlainProgress final : public Progress {
 public:
  explicit PlainProgress(std::ostream& out) : out_(out) {}

  void OnEvent(const Tally& tally, const RunEvent& event, absl::string_view) override {
    Print(rounds_.Take(tally, event));
    if (const auto* failure = std::get_if<event::Failure>(&event)) {
      Remark(FailureLine(tally, *failure));
    }
    if (const auto line = RemainingLine(event); line.has_value()) Print({*line});
  }

  void OnDeath(const Tally&, const launch::ProcessDeath& death) override {
    Print(rounds_.Rest());
    Remark(DeathLine(death));
  }

  void Close() override { Print(rounds_.Rest()); }

 private:
  void Remark(const std::string& line) {
    if (remarks_++ < kShownFailures) Print({line});
  }
  void Print(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) out_ << Printable(line) << std::endl;
  }

  std::ostream& out_;
  RoundLines rounds_;
  int remarks_ = 0;
};

class JsonProgress final : public Progress {
 public:
  explicit JsonProgress(std::ostream& out) : out_(out) {}

  void OnEvent(const Tally&, const RunEvent&, absl::string_view line) override {
    out_ << line << std::endl;
  }

  void OnDeath(const Tally& tally, const launch::ProcessDeath& death) override {
    out_ << ledger::ToJson(event::Failure{tally.rounds_done(), death.clients.front(),
                                          FailureKind::kProcessEnded, DeathLine(death)})
         << std::endl;
  }

 private:
  std::ostream& out_;
};

class NoProgress final : public Progress {
  void OnEvent(const Tally&, const RunEvent&, absl::string_view) override {}
  void OnDeath(const Tally&, const launch::ProcessDeath&) override {}
};

}  // namespace

std::unique_ptr<Progress> MakeLiveProgress(std::ostream& out, Terminal terminal,
                                           std::function<std::size_t()> width) {
  return std::make_unique<LiveProgress>(out, terminal, std::move(width));
}
std::unique_ptr<Progress> MakePlainProgress(std::ostream& out) {
  return std::make_unique<PlainProgress>(out);
}
std::unique_ptr<Progress> MakeJsonProgress(std::ostream& out) {
  return std::make_unique<JsonProgress>(out);
}
std::unique_ptr<Progress> MakeNoProgress() { return std::make_unique<NoProgress>(); }

}  // namespace fedround::cli
