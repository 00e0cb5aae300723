// What `fedround verify` says about a row that does not add up: where, the two numbers, how far
// apart they are. All findings are FAILED_PRECONDITION.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/ledger/store/run_reader.h"

namespace fedround::analysis {

// A row's name in messages: "tasks, round 3, client 5, step 0".
std::string NameOf(const ledger::RoundRow& row);
std::string NameOf(const ledger::StepRow& row);
std::string NameOf(const ledger::AnswerRow& row);
std::string NameOf(const ledger::MetricRow& row);
std::string NameOf(const ledger::HealthRow& row);
std::string NameOf(const ledger::TaskRow& row);
std::string NameOf(const ledger::ConnectionRecord& row);
std::string NameOf(const ledger::TrafficRecord& row);
std::string NameOf(const ledger::EvaluationRecord& row);
// A file or a client is named by its text.
inline std::string NameOf(absl::string_view name) { return std::string(name); }

absl::Status Finding(absl::string_view where, absl::string_view what);

absl::Status NotEqual(absl::string_view where, absl::string_view what, std::int64_t value,
                      absl::string_view other, std::int64_t expected);
absl::Status NotInOrder(absl::string_view where, absl::string_view what, std::int64_t value,
                        absl::string_view other, std::int64_t limit);

// `what`, which is `value`, must equal `expected`, the value of `other`.
template <typename Row>
absl::Status Equal(const Row& row, absl::string_view what, std::integral auto value,
                   absl::string_view other, std::integral auto expected) {
  static_assert(sizeof(value) == sizeof(expected), "compare values of the same kind");
  if (value == expected) return absl::OkStatus();
  return NotEqual(NameOf(row), what, static_cast<std::int64_t>(value), other,
                  static_cast<std::int64_t>(expected));
}

// `what`, which is `value`, must not exceed `limit`, the value of `other`.
template <typename Row>
absl::Status AtMost(const Row& row, absl::string_view what, std::int64_t value,
                    absl::string_view other, std::int64_t limit) {
  if (value <= limit) return absl::OkStatus();
  return NotInOrder(NameOf(row), what, value, other, limit);
}

}  // namespace fedround::analysis
