// The tables of RUN/ledger.sqlite: each column once.
//
// A table is a specialisation of Table below: its name, and a function template that calls a
// visitor with the name and the member of each column. The types of the members say the rest: an
// optional, or a double, which need not be finite, may be NULL. From these follow CREATE TABLE
// (store/schema.h), INSERT (store/run_recorder.cc), reading by name (store/run_reader.h), and the
// columns of the CSV files that only repeat the ledger's (csv_export.cc). A test holds
// `proto/fedround/v1/ledger.proto`, which says what each column means, to this list.
//
// A column is added by a line here and its comment there: an older ledger does not have it, and its
// member keeps its default. A table is added by its row in records.h and, here, its specialisation
// (with kSince, a new kSchemaVersion) and its line in FEDROUND_LEDGER_TABLES.
#pragma once

#include <cstdint>
#include <tuple>
#include <variant>

#include "absl/strings/string_view.h"
#include "common/ledger/records.h"

namespace fedround::ledger {

inline constexpr absl::string_view kLedgerFile = "ledger.sqlite";

// In the database's user_version. Raised with each new table, and when what is there gets another
// meaning.
inline constexpr std::uint64_t kSchemaVersion = 4;
// The oldest that can be read. Version 4 added the column clients.name.
inline constexpr std::uint64_t kOldestSchema = 3;

// A specialisation has
//   kName     the table's name
//   kInsert   what to do with a row whose key is there already; without it: that is an error
//   kSince    the schema version that it came with; without it: kOldestSchema or before
//   Columns   calls of the visitor, column by column:
//               Key(name, member)             a part of the primary key
//               operator()(name, member)      any other
//               Model(name, member)           a ModelId: 16 hexadecimal digits
//               Phases(names, unit, members)  a column per phase: its name followed by the unit
template <typename Row>
struct Table;

template <>
struct Table<RoundRow> {
  static constexpr absl::string_view kName = "rounds";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column.Key("round", row.round);
    column("cohort", row.cohort_size);
    column("folded", row.folded_count);
    column("dropped", row.dropped_count);
    column("total_weight", row.total_weight);
    column.Model("model_before", row.model_before);
    column.Model("model_after", row.model_after);
    column("train_loss", row.train_loss);
    column("start_ns", row.start_ns);
    column.Phases(kRoundPhaseNames, "_ns", row.phase_ns);
    column.Phases(kRoundPhaseNames, "_cpu_ns", row.phase_cpu_ns);
    column("fold_ns", row.fold_ns);
    column("fold_cpu_ns", row.fold_cpu_ns);
    column("record_ns", row.record_ns);
    column("involuntary_switches", row.involuntary_switches);
    column("steal_ns", row.steal_ns);
    column("probe_ns", row.probe_ns);
    column("payload_bytes_down", row.payload_bytes_down);
    column("payload_bytes_up", row.payload_bytes_up);
    column("message_bytes_down", row.message_bytes_down);
    column("message_bytes_up", row.message_bytes_up);
    column("wire_bytes_down", row.wire_bytes_down);
    column("wire_bytes_up", row.wire_bytes_up);
    column("retransmitted_bytes_down", row.retransmitted_bytes_down);
  }
};

template <>
struct Table<StepRow> {
  static constexpr absl::string_view kName = "steps";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column.Key("round", row.round);
    column.Key("attempt", row.attempt);
    column("task", row.task);
    column("start_ns", row.start_ns);
    column("broadcast_ns", row.broadcast_ns);
    column("collect_ns", row.collect_ns);
  }
};

template <>
struct Table<AnswerRow> {
  static constexpr absl::string_view kName = "answers";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column.Key("round", row.round);
    column.Key("client", row.client);
    column.Key("attempt", row.attempt);
    column("task", row.task);
    column("weight", row.weight);
    column("sent_ns", row.sent_ns);
    column("received_ns", row.received_ns);
    column("accepted_ns", row.accepted_ns);
    column("fold_start_ns", row.fold_start_ns);
    column("folded_ns", row.folded_ns);
  }
};

template <>
struct Table<MetricRow> {
  static constexpr absl::string_view kName = "metrics";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column.Key("round", row.round);
    column.Key("client", row.client);
    column.Key("name", row.name);
    column("value", row.value);
  }
};

template <>
struct Table<HealthRow> {
  static constexpr absl::string_view kName = "health";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column("round", row.round);
    column("client", row.client);
    column("layer", row.layer);
    column("quantity", row.quantity);
    column("value", row.value);
  }
};

template <>
struct Table<TaskRow> {
  static constexpr absl::string_view kName = "tasks";
  // A peer may report twice: the first report counts.
  static constexpr absl::string_view kInsert = "INSERT OR IGNORE";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column.Key("round", row.round);
    column.Key("client", row.client);
    column.Key("attempt", row.attempt);
    column("task", row.task);
    column("start_ns", row.start_ns);
    column("end_ns", row.end_ns);
    column.Phases(kClientPhaseNames, "_ns", row.phase_ns);
    column.Phases(kClientPhaseNames, "_cpu_ns", row.phase_cpu_ns);
    column.Phases(kStepPhaseNames, "_ns", row.step_ns);
    column("steps", row.steps);
    column("sampled_steps", row.sampled_steps);
    column("involuntary_switches", row.involuntary_switches);
    column("device_ns", row.device_ns);
    column("clock_offset_ns", row.clock_offset_ns);
    column("clock_bound_ns", row.clock_bound_ns);
    column("payload_bytes_down", row.payload_bytes_down);
    column("payload_bytes_up", row.payload_bytes_up);
    column("message_bytes_down", row.message_bytes_down);
    column("message_bytes_up", row.message_bytes_up);
  }
};

template <>
struct Table<ClientRecord> {
  static constexpr absl::string_view kName = "clients";
  // As it joined last.
  static constexpr absl::string_view kInsert = "REPLACE";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column.Key("client", row.client);
    column("host", row.host);
    column("pid", row.pid);
    column("examples", row.examples);
    column("joined_ns", row.joined_ns);
    column("name", row.name);
  }
};

template <>
struct Table<ConnectionRecord> {
  static constexpr absl::string_view kName = "connections";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column.Key("connection", row.connection);
    column("client", row.client);
    column("peer", row.peer);
    column("opened_ns", row.opened_ns);
    column("closed_ns", row.closed_ns);
    column("calls", row.calls);
    column("wire_bytes_down", row.wire_bytes_down);
    column("wire_bytes_up", row.wire_bytes_up);
    column("retransmitted_bytes_down", row.retransmitted_bytes_down);
  }
};

template <>
struct Table<TrafficRecord> {
  static constexpr absl::string_view kName = "traffic";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column.Key("round", row.round);
    column.Key("connection", row.connection);
    column("calls", row.calls);
    column("payload_bytes_down", row.payload_bytes_down);
    column("payload_bytes_up", row.payload_bytes_up);
    column("message_bytes_down", row.message_bytes_down);
    column("message_bytes_up", row.message_bytes_up);
    column("wire_bytes_down", row.wire_bytes_down);
    column("wire_bytes_up", row.wire_bytes_up);
    column("retransmitted_bytes_down", row.retransmitted_bytes_down);
  }
};

template <>
struct Table<EvaluationRecord> {
  static constexpr absl::string_view kName = "evaluations";
  // The last one counts.
  static constexpr absl::string_view kInsert = "REPLACE";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column.Key("round", row.round);
    column.Key("examples_of", row.examples_of);
    column("examples", row.examples);
    column("loss", row.loss);
    column("accuracy", row.accuracy);
    column("start_ns", row.start_ns);
    column("wall_ns", row.wall_ns);
    column("cpu_ns", row.cpu_ns);
  }
};

template <>
struct Table<FailureRecord> {
  static constexpr absl::string_view kName = "failures";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column("round", row.round);
    column("client", row.client);
    column("what", row.what);
    column("message", row.message);
    column("at_ns", row.at_ns);
  }
};

template <>
struct Table<Verdict> {
  static constexpr absl::string_view kName = "verdict";

  template <typename Visitor, typename Row>
  static void Columns(Visitor& column, Row& row) {
    column("outcome", row.outcome);
    column("message", row.message);
    column("exit_code", row.exit_code);
  }
};

// All of them, in the order in which they are created and written.
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

// The same as types.
template <typename... Rows>
struct RowTypes {
  using Any = std::variant<Rows...>;
  template <template <typename> typename Of>
  using Each = std::tuple<Of<Rows>...>;
};
template <typename, typename... Rows>  // a list that begins with a comma has a first that is none
struct AfterFirst : RowTypes<Rows...> {};
#define FEDROUND_COMMA_ROW(Row) , Row
using LedgerRows = AfterFirst<void FEDROUND_LEDGER_TABLES(FEDROUND_COMMA_ROW)>;
#undef FEDROUND_COMMA_ROW

using AnyRow = LedgerRows::Any;

}  // namespace fedround::ledger
