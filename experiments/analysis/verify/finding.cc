#include "experiments/analysis/verify/finding.h"

#include "common/base/named_enum.h"

namespace fedround::analysis {
namespace {

std::string TaskName(absl::string_view table, std::uint32_t round, ClientId client,
                     std::uint32_t step) {
  return absl::StrCat(table, ", round ", round, ", client ", client, ", step ", step);
}

}  // namespace

std::string NameOf(const ledger::RoundRow& row) {
  return absl::StrCat("rounds, round ", row.round);
}

std::string NameOf(const ledger::StepRow& row) {
  return absl::StrCat("steps, round ", row.round, ", step ", row.step);
}

std::string NameOf(const ledger::AnswerRow& row) {
  return TaskName("answers", row.round, row.client, row.step);
}

std::string NameOf(const ledger::MetricRow& row) {
  return absl::StrCat("metrics, round ", row.round, ", client ", row.client, ", ", row.name);
}

std::string NameOf(const ledger::HealthRow& row) {
  const std::string of = row.client.has_value() ? absl::StrCat(", client ", *row.client) : "";
  return absl::StrCat("health, round ", row.round, of, ", ", row.layer, ", ", row.quantity);
}

std::string NameOf(const ledger::TaskRow& row) {
  return TaskName("tasks", row.round, row.client, row.step);
}

std::string NameOf(const ledger::ConnectionRecord& row) {
  return absl::StrCat("connections, connection ", row.connection);
}

std::string NameOf(const ledger::TrafficRecord& row) {
  return absl::StrCat("traffic, round ", row.round, ", connection ", row.connection);
}

std::string NameOf(const ledger::EvaluationRecord& row) {
  return absl::StrCat("evaluations, round ", row.round, ", ", fedround::NameOf(row.examples_of));
}

absl::Status Finding(absl::string_view where, absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat(where, ": ", what));
}

absl::Status NotEqual(absl::string_view where, absl::string_view what, std::int64_t value,
                      absl::string_view other, std::int64_t expected) {
  return Finding(where, absl::StrCat(what, " is ", value, ", ", other, " is ", expected,
                                     ": difference ", value - expected));
}

absl::Status NotInOrder(absl::string_view where, absl::string_view what, std::int64_t value,
                        absl::string_view other, std::int64_t limit) {
  return Finding(where, absl::StrCat(what, " is ", value, ", more than ", other, ", ", limit,
                                     ": by ", value - limit));
}

}  // namespace fedround::analysis
