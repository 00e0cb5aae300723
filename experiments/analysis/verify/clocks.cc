// Two clocks, one order: a client's stamps, corrected by its offset, lie where cause and effect
// require.
#include "common/base/status_macros.h"
#include "experiments/analysis/verify/checks.h"
#include "experiments/analysis/verify/finding.h"

namespace fedround::analysis {
namespace {

using ledger::AnswerRow;
using ledger::TaskRow;

absl::Status CheckSpan(const TaskRow& task, const AnswerRow& answer, Nanos offset, Nanos bound) {
  const Nanos end = task.end_ns + offset;
  const Nanos upload = end - task.phase(ClientPhase::kUpload);
  RETURN_IF_ERROR(AtMost(task, "the sending of its instruction, less the bound",
                         answer.sent_ns - bound, "its arrival on the coordinator's clock",
                         Arrival(task) + offset));
  RETURN_IF_ERROR(AtMost(task, "the start of its upload on the coordinator's clock", upload,
                         "received_ns and the bound", answer.received_ns + bound));
  return AtMost(task, "accepted_ns, less the bound", answer.accepted_ns - bound,
                "its end on the coordinator's clock", end);
}

}  // namespace

absl::Status CheckClocks(const Run& run, const RoundRows& rows, Nanos& largest) {
  for (const TaskRow& task : rows.tasks) {
    const AnswerRow* answer = Find(rows.answers, task.client, task.step);
    if (!task.clock_offset_ns.has_value() || !task.clock_bound_ns.has_value()) {
      if (task.clock_offset_ns.has_value() != task.clock_bound_ns.has_value()) {
        return Finding(NameOf(task), "has one of clock_offset_ns and clock_bound_ns, not both");
      }
      if (answer == nullptr || run.clock_failed.contains(task.client)) continue;
      return Finding(NameOf(task), "has no clock_offset_ns, and its client no \"clock\" failure");
    }
    RETURN_IF_ERROR(AtMost(task, "zero", 0, "clock_bound_ns", *task.clock_bound_ns));
    if (answer == nullptr) continue;
    largest = std::max(largest, *task.clock_bound_ns);
    RETURN_IF_ERROR(CheckSpan(task, *answer, *task.clock_offset_ns, *task.clock_bound_ns));
  }
  return absl::OkStatus();
}

}  // namespace fedround::analysis
