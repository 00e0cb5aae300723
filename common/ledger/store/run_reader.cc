#include "common/ledger/store/run_reader.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/io/file.h"
#include "common/base/named_enum.h"
#include "common/base/status_macros.h"
#include "common/ledger/store/schema.h"

namespace fedround::ledger {
namespace {

constexpr int kHexDigits = 16;

// A visitor of columns.h that reads a row of a query; the members' types say what each column must
// hold. The first error is kept, and nothing is read after it.
class RowReader {
 public:
  explicit RowReader(const TableQuery& query) : row_(query.rows), at_(query.at) {}

  template <typename T>
  void operator()(absl::string_view, T& member) {
    TakeNext([&](int column) { return Read(column, member); });
  }
  template <typename T>
  void Key(absl::string_view name, T& member) {
    (*this)(name, member);
  }
  void Model(absl::string_view, ModelId& id) {
    TakeNext([&](int column) { return ReadModel(column, id); });
  }
  template <std::size_t N>
  void Phases(const absl::string_view (&)[N], absl::string_view, Nanos (&phases)[N]) {
    for (Nanos& phase : phases) {
      TakeNext([&](int column) { return ReadPhase(column, phase); });
    }
  }

  const absl::Status& status() const { return error_; }

 private:
  template <typename Take>
  void TakeNext(const Take& take) {
    const int column = at_[next_++];
    if (error_.ok() && column >= 0) error_ = take(column);
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
  template <NamedEnum Enum>
  absl::Status Read(int column, Enum& value) {
    ASSIGN_OR_RETURN(const std::string name, row_.Text(column));
    const std::optional<Enum> named = Named<Enum>(name);
    if (!named.has_value()) return Wrong(column, name);
    value = *named;
    return absl::OkStatus();
  }
  template <typename T>
  absl::Status Read(int column, std::optional<T>& value) {
    value.reset();
    return row_.IsNull(column) ? absl::OkStatus() : Read(column, value.emplace());
  }

  absl::Status ReadPhase(int column, Nanos& phase) {
    RETURN_IF_ERROR(Read(column, phase));
    const bool sane = phase >= -kLongestPhase && phase <= kLongestPhase;
    return sane ? absl::OkStatus() : Wrong(column, absl::StrCat(phase));
  }
  absl::Status ReadModel(int column, ModelId& id) {
    ASSIGN_OR_RETURN(const std::string text, row_.Text(column));
    const char* const end = text.data() + text.size();
    const auto [parsed, error] = std::from_chars(text.data(), end, id, kHexDigits);
    if (text.size() != kHexDigits || error != std::errc() || parsed != end) {
      return absl::DataLossError(absl::StrCat("\"", text, "\" is not a model id"));
    }
    return absl::OkStatus();
  }

  absl::Status Wrong(int column, absl::string_view value) const {
    return absl::DataLossError(absl::StrCat("column ", row_.name(column), " holds ", value));
  }

  const Statement& row_;
  std::span<const int> at_;
  std::size_t next_ = 0;
  absl::Status error_;
};

absl::StatusOr<std::uint64_t> SchemaVersion(Database& database) {
  ASSIGN_OR_RETURN(Statement row, database.Prepare("PRAGMA user_version"));
  RETURN_IF_ERROR(row.Next().status());
  return row.Natural(0);
}

absl::Status CheckVersion(Database& database) {
  ASSIGN_OR_RETURN(const std::uint64_t version, SchemaVersion(database));
  if (version >= kOldestSchema && version <= kSchemaVersion) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      "schema version ", version, "; this program reads ", kOldestSchema, " to ", kSchemaVersion,
      version > kSchemaVersion ? ": a newer fedround wrote it, which can also read it" : ""));
}

// Why `folder` has no ledger, and what to name instead.
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

absl::StatusOr<TableQuery> TableQuery::Open(Database& database, TableInfo described) {
  ASSIGN_OR_RETURN(const std::uint64_t version, SchemaVersion(database));
  TableInfo table = AsOf(version, std::move(described));
  std::vector<int> at(table.columns.size(), -1);
  if (table.since > version) {
    ASSIGN_OR_RETURN(Statement nothing, database.Prepare("SELECT 0 LIMIT 0"));
    return TableQuery{std::move(table), std::move(nothing), std::move(at)};
  }
  ASSIGN_OR_RETURN(Statement rows, database.Prepare(absl::StrCat("SELECT * FROM ", table.name,
                                                                 " ORDER BY ", OrderSql(table))));
  for (int i = 0; i < rows.columns(); ++i) {
    const auto known = std::ranges::find(table.columns, rows.name(i), &ColumnInfo::name);
    if (known == table.columns.end()) {
      return absl::DataLossError(
          absl::StrCat(table.name, ": unknown column ", rows.name(i),
                       "; a newer fedround wrote it, or the ledger is damaged"));
    }
    at[static_cast<std::size_t>(known - table.columns.begin())] = i;
  }
  return TableQuery{std::move(table), std::move(rows), std::move(at)};
}

template <typename Row>
absl::StatusOr<TableCursor<Row>> TableCursor<Row>::Open(Database& database) {
  ASSIGN_OR_RETURN(TableQuery query, TableQuery::Open(database, Describe<Row>()));
  return TableCursor(std::move(query));
}

template <typename Row>
absl::StatusOr<bool> TableCursor<Row>::Next() {
  ASSIGN_OR_RETURN(const bool has_row, query_.rows.Next());
  if (!has_row) return false;
  RowReader reader(query_);
  Table<Row>::Columns(reader, row_);
  if (reader.status().ok()) return true;
  return absl::DataLossError(absl::StrCat(Table<Row>::kName, ": ", reader.status().message()));
}

#define INSTANTIATE(Row) template class TableCursor<Row>;
FEDROUND_LEDGER_TABLES(INSTANTIATE)
#undef INSTANTIATE

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
      // `fedround verify` uses FAILED_PRECONDITION for what it finds in a ledger that can be read.
      return absl::UnavailableError(error.message());
    default:
      return absl::DataLossError(
          absl::StrCat("cannot read ", LedgerPath(folder), ": ", error.message()));
  }
}

}  // namespace fedround::ledger
