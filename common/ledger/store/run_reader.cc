#include "common/ledger/store/run_reader.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/io/file.h"
#include "common/base/status_macros.h"
#include "common/ledger/store/schema.h"

namespace fedround::ledger {
namespace {

constexpr int kHexDigits = 16;

// Takes the columns of a row from left to right; the targets' types say what each must hold. The
// first error is kept, and nothing is taken after it.
class Columns {
 public:
  explicit Columns(const Statement& row) : row_(row) {}

  template <typename... Targets>
  absl::Status Take(Targets&... targets) {
    (TakeNext(targets), ...);
    if (error_.ok() && next_ != row_.columns()) {
      return absl::DataLossError(
          absl::StrCat(row_.columns(), " columns; this program reads ", next_));
    }
    return error_;
  }

 private:
  template <typename Target>
  void TakeNext(Target& target) {
    if (!error_.ok()) return;
    if (next_ == row_.columns()) {
      error_ = absl::DataLossError(absl::StrCat("only ", next_, " columns"));
      return;
    }
    error_ = Read(next_++, target);
  }
  template <std::size_t N>
  void TakeNext(Nanos (&phases)[N]) {
    for (Nanos& phase : phases) {
      TakeNext(phase);
      if (error_.ok() && (phase < -kLongestPhase || phase > kLongestPhase)) {
        error_ = Wrong(next_ - 1, absl::StrCat(phase));
      }
    }
  }

  absl::Status Read(int column, std::uint64_t& value) {
    ASSIGN_OR_RETURN(value, row_.Natural(column));
    return absl::OkStatus();
  }
  absl::Status Read(int column, std::uint32_t& value) {
    ASSIGN_OR_RETURN(const std::uint64_t wide, row_.Natural(column));
    if (wide > std::numeric_limits<std::uint32_t>::max()) return Wrong(column, absl::StrCat(wide));
    value = static_cast<std::uint32_t>(wide);
    return absl::OkStatus();
  }
  absl::Status Read(int column, std::int64_t& value) {
    ASSIGN_OR_RETURN(value, row_.Integer(column));
    if (value < -kLargestTime || value > kLargestTime) return Wrong(column, absl::StrCat(value));
    return absl::OkStatus();
  }
  absl::Status Read(int column, int& value) {
    std::int64_t wide = 0;
    RETURN_IF_ERROR(Read(column, wide));
    if (wide != static_cast<int>(wide)) return Wrong(column, absl::StrCat(wide));
    value = static_cast<int>(wide);
    return absl::OkStatus();
  }
  absl::Status Read(int column, double& value) {
    if (row_.IsNull(column)) {
      value = std::numeric_limits<double>::quiet_NaN();
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(value, row_.Real(column));
    return absl::OkStatus();
  }
  absl::Status Read(int column, std::string& value) {
    ASSIGN_OR_RETURN(value, row_.Text(column));
    return absl::OkStatus();
  }
  absl::Status Read(int column, TaskKind& kind);
  template <typename T>
  absl::Status Read(int column, std::optional<T>& value) {
    value.reset();
    return row_.IsNull(column) ? absl::OkStatus() : Read(column, value.emplace());
  }

  absl::Status Wrong(int column, absl::string_view value) const {
    return absl::DataLossError(absl::StrCat("column ", row_.name(column), " holds ", value));
  }

  const Statement& row_;
  int next_ = 0;
  absl::Status error_;
};

absl::Status Columns::Read(int column, TaskKind& kind) {
  ASSIGN_OR_RETURN(const std::string name, row_.Text(column));
  if (name == "train") {
    kind = TaskKind::kTrain;
  } else if (name == "evaluate") {
    kind = TaskKind::kEvaluate;
  } else if (name == "exchange") {
    kind = TaskKind::kExchange;
  } else {
    return Wrong(column, name);
  }
  return absl::OkStatus();
}

absl::Status ParseModelId(const std::string& text, ModelId& id) {
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, id, kHexDigits);
  if (text.size() != kHexDigits || error != std::errc() || parsed != end) {
    return absl::DataLossError(absl::StrCat("\"", text, "\" is no model id"));
  }
  return absl::OkStatus();
}

absl::Status TakeRow(Columns columns, RoundRow& row) {
  std::string before;
  std::string after;
  RETURN_IF_ERROR(columns.Take(
      row.round, row.cohort_size, row.folded_count, row.dropped_count, row.total_weight, before,
      after, row.train_loss, row.start_ns, row.phase_ns, row.phase_cpu_ns, row.fold_ns,
      row.fold_cpu_ns, row.record_ns, row.involuntary_switches, row.steal_ns, row.probe_ns,
      row.payload_bytes_down, row.payload_bytes_up, row.message_bytes_down, row.message_bytes_up,
      row.wire_bytes_down, row.wire_bytes_up, row.retransmitted_bytes_down));
  RETURN_IF_ERROR(ParseModelId(before, row.model_before));
  return ParseModelId(after, row.model_after);
}

absl::Status TakeRow(Columns columns, StepRow& row) {
  return columns.Take(row.round, row.attempt, row.task, row.start_ns, row.broadcast_ns,
                      row.collect_ns);
}

absl::Status TakeRow(Columns columns, AnswerRow& row) {
  return columns.Take(row.round, row.client, row.attempt, row.task, row.weight, row.sent_ns,
                      row.received_ns, row.accepted_ns, row.fold_start_ns, row.folded_ns);
}

absl::Status TakeRow(Columns columns, MetricRow& row) {
  return columns.Take(row.round, row.client, row.name, row.value);
}

absl::Status TakeRow(Columns columns, HealthRow& row) {
  return columns.Take(row.round, row.client, row.layer, row.quantity, row.value);
}

absl::Status TakeRow(Columns columns, TaskRow& row) {
  return columns.Take(row.round, row.client, row.attempt, row.task, row.start_ns, row.end_ns,
                      row.phase_ns, row.phase_cpu_ns, row.step_ns, row.steps, row.sampled_steps,
                      row.involuntary_switches, row.device_ns, row.clock_offset_ns,
                      row.clock_bound_ns, row.payload_bytes_down, row.payload_bytes_up,
                      row.message_bytes_down, row.message_bytes_up);
}

absl::Status TakeRow(Columns columns, ClientRecord& row) {
  return columns.Take(row.client, row.host, row.pid, row.examples, row.joined_ns, row.name);
}

absl::Status TakeRow(Columns columns, ConnectionRecord& row) {
  return columns.Take(row.connection, row.client, row.peer, row.opened_ns, row.closed_ns, row.calls,
                      row.wire_bytes_down, row.wire_bytes_up, row.retransmitted_bytes_down);
}

absl::Status TakeRow(Columns columns, TrafficRecord& row) {
  return columns.Take(row.round, row.connection, row.calls, row.payload_bytes_down,
                      row.payload_bytes_up, row.message_bytes_down, row.message_bytes_up,
                      row.wire_bytes_down, row.wire_bytes_up, row.retransmitted_bytes_down);
}

absl::Status TakeRow(Columns columns, EvaluationRecord& row) {
  return columns.Take(row.round, row.examples_of, row.examples, row.loss, row.accuracy,
                      row.start_ns, row.wall_ns, row.cpu_ns);
}

absl::Status TakeRow(Columns columns, FailureRecord& row) {
  return columns.Take(row.round, row.client, row.what, row.message, row.at_ns);
}

absl::Status TakeRow(Columns columns, Verdict& row) {
  return columns.Take(row.outcome, row.message, row.exit_code);
}

// Each table and the order in which it is read.
struct Table {
  absl::string_view name;
  absl::string_view order;
};
constexpr Table TableOf(const RoundRow*) { return {"rounds", "round"}; }
constexpr Table TableOf(const StepRow*) { return {"steps", "round, attempt"}; }
constexpr Table TableOf(const AnswerRow*) { return {"answers", "round, client, attempt"}; }
constexpr Table TableOf(const MetricRow*) { return {"metrics", "round, client, name"}; }
constexpr Table TableOf(const HealthRow*) { return {"health", "round, rowid"}; }
constexpr Table TableOf(const TaskRow*) { return {"tasks", "round, client, attempt"}; }
constexpr Table TableOf(const ClientRecord*) { return {"clients", "client"}; }
constexpr Table TableOf(const ConnectionRecord*) { return {"connections", "connection"}; }
constexpr Table TableOf(const TrafficRecord*) { return {"traffic", "round, connection"}; }
constexpr Table TableOf(const EvaluationRecord*) { return {"evaluations", "round, examples_of"}; }
constexpr Table TableOf(const FailureRecord*) { return {"failures", "round, rowid"}; }
constexpr Table TableOf(const Verdict*) { return {"verdict", "rowid"}; }

absl::Status CheckVersion(Database& database) {
  ASSIGN_OR_RETURN(Statement row, database.Prepare("PRAGMA user_version"));
  RETURN_IF_ERROR(row.Next().status());
  ASSIGN_OR_RETURN(const std::uint64_t version, row.Natural(0));
  if (version != kSchemaVersion) {
    return absl::DataLossError(
        absl::StrCat("schema version ", version, "; this program reads version ", kSchemaVersion));
  }
  return absl::OkStatus();
}

// Why `folder` has none, and what to name instead.
absl::Status NoLedger(const std::string& folder) {
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::status(folder, ignored);
  constexpr absl::string_view kNameOne =
      "name the folder of a run (RUN of `fedround run --out RUN`)";
  if (!std::filesystem::exists(status)) {
    return absl::NotFoundError(absl::StrCat(folder, ": no such folder; ", kNameOne));
  }
  if (!std::filesystem::is_directory(status)) {
    return absl::NotFoundError(absl::StrCat(folder, ": not a folder; ", kNameOne));
  }
  if (FileExists(folder + "/config.toml")) {
    return absl::NotFoundError(absl::StrCat(
        folder, ": this run kept no ledger (", kLedgerFile,
        "): it was started with ledger.enabled = false, or ended before its first round"));
  }
  return absl::NotFoundError(
      absl::StrCat(folder, ": not the folder of a run, it has no ", kLedgerFile, "; ", kNameOne));
}

}  // namespace

template <typename Row>
absl::StatusOr<TableCursor<Row>> TableCursor<Row>::Open(Database& database) {
  constexpr Table kRows = TableOf(static_cast<const Row*>(nullptr));
  ASSIGN_OR_RETURN(Statement rows, database.Prepare(absl::StrCat("SELECT * FROM ", kRows.name,
                                                                 " ORDER BY ", kRows.order)));
  return TableCursor(std::move(rows));
}

template <typename Row>
absl::StatusOr<bool> TableCursor<Row>::Next() {
  ASSIGN_OR_RETURN(const bool has_row, rows_.Next());
  if (!has_row) return false;
  const absl::Status taken = TakeRow(Columns(rows_), row_);
  if (taken.ok()) return true;
  return absl::DataLossError(absl::StrCat(TableOf(&row_).name, ": ", taken.message()));
}

template class TableCursor<RoundRow>;
template class TableCursor<StepRow>;
template class TableCursor<AnswerRow>;
template class TableCursor<MetricRow>;
template class TableCursor<HealthRow>;
template class TableCursor<TaskRow>;
template class TableCursor<ClientRecord>;
template class TableCursor<ConnectionRecord>;
template class TableCursor<TrafficRecord>;
template class TableCursor<EvaluationRecord>;
template class TableCursor<FailureRecord>;
template class TableCursor<Verdict>;

std::string LedgerPath(const std::string& folder) { return absl::StrCat(folder, "/", kLedgerFile); }

absl::StatusOr<Database> OpenLedger(const std::string& folder) {
  const std::string path = LedgerPath(folder);
  if (!FileExists(path)) return NoLedger(folder);
  RETURN_IF_ERROR(CheckIsFile(path));
  ASSIGN_OR_RETURN(Database database, Database::OpenUntrusted(path));
  RETURN_IF_ERROR(CheckVersion(database));
  return database;
}

absl::StatusOr<std::optional<Verdict>> ReadVerdict(Database& database) {
  ASSIGN_OR_RETURN(std::vector<Verdict> verdicts, ReadAll<Verdict>(database));
  if (verdicts.size() > 1) {
    return absl::DataLossError(absl::StrCat("verdict: ", verdicts.size(), " rows, not one"));
  }
  return verdicts.empty() ? std::nullopt : std::optional(std::move(verdicts.front()));
}

absl::Status Unreadable(const std::string& folder, const absl::Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnimplemented:
      return error;
    case absl::StatusCode::kFailedPrecondition:
      // With this code `fedround verify` tells what it found in a ledger that it could read.
      return absl::UnavailableError(error.message());
    default:
      return absl::DataLossError(
          absl::StrCat("cannot read ", LedgerPath(folder), ": ", error.message()));
  }
}

}  // namespace fedround::ledger
