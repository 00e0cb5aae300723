#include "experiments/analysis/critical_path.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/ledger/modelled_time.h"
#include "experiments/analysis/verify/checks.h"
#include "experiments/analysis/verify/finding.h"

namespace fedround::analysis {
namespace {

using ledger::AnswerRow;
using ledger::RoundPhase;
using ledger::RoundRow;
using ledger::StepRow;
using ledger::TaskRow;

// When everything about the answer was done.
Nanos Settled(const AnswerRow& answer) {
  return answer.task == TaskKind::kTrain ? answer.folded_ns : answer.accepted_ns;
}

// The answer that closed the step; null if a later failure or the deadline did.
const AnswerRow* Closing(const RoundRows& rows, const StepRow& step) {
  const AnswerRow* last = nullptr;
  for (const AnswerRow& answer : rows.answers) {
    if (answer.step != step.step) continue;
    if (last == nullptr || Settled(answer) > Settled(*last)) last = &answer;
  }
  if (last == nullptr) return nullptr;
  const bool failed_later =
      std::ranges::any_of(rows.failures, [&](const ledger::FailureRecord& failure) {
        return failure.at_ns > Settled(*last) && failure.at_ns <= StepEnd(step);
      });
  return failed_later ? nullptr : last;
}

void AddClient(CriticalPath& path, const StepRow& step, const AnswerRow& answer,
               const TaskRow& task, Nanos offset) {
  path.part(PathPart::kBroadcast) += answer.sent_ns - step.start_ns;
  path.part(PathPart::kDelivery) += Arrival(task) + offset - answer.sent_ns;
  for (int i = 1; i < kClientPhases; ++i) {
    path.part(PartOf(static_cast<ClientPhase>(i))) += task.phase_ns[i];
  }
  // The client's upload ends when the client knows that it was accepted; by then the path has left
  // it.
  path.part(PartOf(ClientPhase::kUpload)) -= task.end_ns + offset - answer.accepted_ns;
  if (answer.task == TaskKind::kTrain) {
    path.part(PathPart::kWaitFold) += answer.fold_start_ns - answer.accepted_ns;
    path.part(PathPart::kFold) += answer.folded_ns - answer.fold_start_ns;
  }
  path.part(PathPart::kHandover) += StepEnd(step) - Settled(answer);
}

}  // namespace

absl::string_view NameOf(PathPart part) {
  constexpr absl::string_view kBefore[] = {"select", "broadcast", "delivery"};
  constexpr absl::string_view kAfter[] = {
      "wait_fold", "fold", "handover", "closed otherwise", "wait_evaluation", "commit"};
  static_assert(std::size(kBefore) + std::size(kAfter) + kClientPhases - 1 == kPathParts);
  if (part < PathPart::kClient) return kBefore[static_cast<int>(part)];
  if (part >= PathPart::kWaitFold) {
    return kAfter[static_cast<int>(part) - static_cast<int>(PathPart::kWaitFold)];
  }
  return kClientPhaseNames[static_cast<int>(part) - static_cast<int>(PathPart::kClient) + 1];
}

Nanos CriticalPath::sum() const { return std::accumulate(part_ns, part_ns + kPathParts, Nanos{0}); }

CriticalPath FindCriticalPath(const RoundRows& rows) {
  CriticalPath path;
  path.part(PathPart::kSelect) = rows.round->phase(RoundPhase::kSelect);
  path.part(PathPart::kWaitEvaluation) = rows.round->phase(RoundPhase::kWaitEvaluation);
  path.part(PathPart::kCommit) = rows.round->phase(RoundPhase::kCommit);
  for (const StepRow& step : rows.steps) {
    const AnswerRow* answer = Closing(rows, step);
    const TaskRow* task =
        answer == nullptr ? nullptr : Find(rows.tasks, answer->client, answer->step);
    if (task != nullptr && task->clock_offset_ns.has_value()) {
      AddClient(path, step, *answer, *task, *task->clock_offset_ns);
    } else {
      ++path.closed_otherwise;
      path.part(PathPart::kBroadcast) += step.broadcast_ns;
      path.part(PathPart::kOther) += step.collect_ns;
    }
  }
  return path;
}

void PathCheck::Add(const RoundRows& rows) {
  if (rows.round == nullptr) return;
  const CriticalPath path = FindCriticalPath(rows);
  const Nanos wall = ledger::WallTime(*rows.round);
  ++rounds_;
  figures_.closed_otherwise += path.closed_otherwise;
  figures_.wall_ns += wall;
  figures_.handover_ns += path.part(PathPart::kHandover);
  const double gap = std::abs(static_cast<double>(path.sum()) - static_cast<double>(wall));
  const double share = gap == 0 ? 0 : gap / std::max(static_cast<double>(wall), 1.0);
  if (share <= 0.01) ++figures_.rounds_within;
  if (share <= worst_share_) return;
  worst_share_ = share;
  worst_ =
      absl::StrFormat("%s: the critical path is %d ns, the wall time %d ns: difference %.1f %%",
                      NameOf(*rows.round), path.sum(), wall, 100 * share);
}

absl::StatusOr<PathFigures> PathCheck::Finish() const {
  const std::uint64_t outside = rounds_ - figures_.rounds_within;
  if (outside <= rounds_ / 100) return figures_;
  return absl::FailedPreconditionError(
      absl::StrFormat("%s, worst of %d rounds that are not within 1 %%", worst_, outside));
}

}  // namespace fedround::analysis
