// The records of a run, as plain structs: a row of each table, and the list of the tables.
// `proto/fedround/v1/ledger.proto` documents the columns; columns.h says how to add one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <variant>

#include "common/ledger/records/rounds.h"
#include "common/ledger/records/run.h"

namespace fedround::ledger {

// All tables, in the order in which they are created and written.
#define FEDROUND_LEDGER_TABLES(TABLE) \
  TABLE(RoundRow)                     \
  TABLE(StepRow)                      \
  TABLE(AnswerRow)                    \
  TABLE(MetricRow)                    \
  TABLE(HealthRow)                    \
  TABLE(TaskRow)                      \
  TABLE(ClientRecord)                 \
  TABLE(ConnectionRecord)             \
  TABLE(TrafficRecord)                \
  TABLE(EvaluationRecord)             \
  TABLE(FailureRecord)                \
  TABLE(Verdict)

// Stored as the database's user_version.
#define FEDROUND_SINCE(Row) , SinceOf<Row>()
inline constexpr std::uint64_t kSchemaVersion =
    std::max({kLastChange FEDROUND_LEDGER_TABLES(FEDROUND_SINCE)});
#undef FEDROUND_SINCE

// The same list, as types.
template <typename... Rows>
struct RowTypes {
  using Any = std::variant<Rows...>;
  template <template <typename> typename Of>
  using Each = std::tuple<Of<Rows>...>;
};
template <typename, typename... Rows>  // drops the first, which only makes room for a comma
struct AfterFirst : RowTypes<Rows...> {};
#define FEDROUND_COMMA_ROW(Row) , Row
using LedgerRows = AfterFirst<void FEDROUND_LEDGER_TABLES(FEDROUND_COMMA_ROW)>;
#undef FEDROUND_COMMA_ROW

using AnyRow = LedgerRows::Any;

}  // namespace fedround::ledger
