#include "experiments/cli/progress.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/printable.h"
#include "experiments/cli/text.h"

namespace fedround::cli {
namespace {

using ledger::RunEvent;
using Kind = RunEvent::Kind;

// A run in trouble may fail in a thousand ways; the first few are shown as they come, the summary
// and the ledger have the rest.
constexpr int kShownFailures = 5;

std::string FailureLine(const Tally& tally, const RunEvent& event) {
  return absl::StrCat(tally.round_name(), " ", event.round, ": ",
                      event.client.has_value() ? absl::StrCat("client ", *event.client, ": ") : "",
                      event.what, ": ", event.message);
}

std::string StartLine(absl::string_view initial) { return absl::StrCat("starts from ", initial); }

class LiveProgress final : public Progress {
 public:
  LiveProgress(std::ostream& out, Terminal terminal, std::function<std::size_t()> width)
      : out_(out), terminal_(terminal), width_(std::move(width)) {
    Paint(Tally());
  }

  void OnEvent(const Tally& tally, const RunEvent& event, absl::string_view) override {
    if (event.kind == Kind::kFailure) Remark(FailureLine(tally, event));
    if (event.kind == Kind::kNotice) Leave(event.message);
    if (event.initial.has_value()) Leave(StartLine(*event.initial));
    if (event.kind != Kind::kFinished) Paint(tally);
  }

  void OnDeath(const Tally& tally, const launch::ProcessDeath& death) override {
    Remark(DeathLine(death));
    Paint(tally);
  }

  void Close() override {
    Erase();
    out_.flush();
  }

 private:
  void Remark(const std::string& line) {
    if (remarks_++ < kShownFailures) Leave(line, terminal_.colour);
  }

  // Leaves a line above the block.
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
    // A line as wide as the terminal would wrap in some.
    const std::size_t width = width_();
    for (const std::string& line : LiveLines(tally, width > 0 ? width - 1 : 0)) {
      out_ << (painted_++ > 0 ? "\n" : "") << line;
    }
    out_.flush();
  }

  std::ostream& out_;
  const Terminal terminal_;
  const std::function<std::size_t()> width_;
  int painted_ = 0;  // lines of the block
  int remarks_ = 0;
};

class PlainProgress final : public Progress {
 public:
  explicit PlainProgress(std::ostream& out) : out_(out) {}

  void OnEvent(const Tally& tally, const RunEvent& event, absl::string_view) override {
    switch (event.kind) {
      case Kind::kRound:
        FlushRound();
        round_ = RoundLine(tally);
        return;
      case Kind::kEvaluated:
        if (!event.accuracy.has_value()) return;
        if (round_.has_value()) round_ = RoundLine(tally);
        return FlushRound();
      case Kind::kFailure:
        FlushRound();
        return Remark(FailureLine(tally, event));
      case Kind::kNotice:
        FlushRound();
        Print(event.message);
        return;
      case Kind::kFinished:
        return FlushRound();
      case Kind::kStarted:
        if (event.initial.has_value()) Print(StartLine(*event.initial));
        return;
      case Kind::kJoined:
        return;
    }
  }

  void OnDeath(const Tally&, const launch::ProcessDeath& death) override {
    FlushRound();
    Remark(DeathLine(death));
  }

  void Close() override { FlushRound(); }

 private:
  // A round's line waits for its score, which comes next if there is one.
  void FlushRound() {
    if (round_.has_value()) Print(*round_);
    round_.reset();
  }
  void Remark(const std::string& line) {
    if (remarks_++ < kShownFailures) Print(line);
  }
  void Print(const std::string& line) { out_ << Printable(line) << std::endl; }

  std::ostream& out_;
  std::optional<std::string> round_;
  int remarks_ = 0;
};

class JsonProgress final : public Progress {
 public:
  explicit JsonProgress(std::ostream& out) : out_(out) {}

  void OnEvent(const Tally&, const RunEvent&, absl::string_view line) override {
    out_ << line << std::endl;
  }

  void OnDeath(const Tally& tally, const launch::ProcessDeath& death) override {
    RunEvent event;
    event.kind = Kind::kFailure;
    event.round = tally.rounds_done();
    event.client = death.clients.front();
    event.what = "process_ended";
    event.message = DeathLine(death);
    out_ << ledger::ToJson(event) << std::endl;
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
