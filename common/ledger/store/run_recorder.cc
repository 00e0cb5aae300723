#include "common/ledger/store/run_recorder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <concepts>
#include <forward_list>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/io/file.h"
#include "common/base/mutex.h"
#include "common/base/named_enum.h"
#include "common/base/status_macros.h"
#include "common/ledger/csv_export.h"
#include "common/ledger/store/schema.h"
#include "common/ledger/store/sqlite.h"
#include "common/ledger/trace/trace_export.h"

namespace fedround::ledger {
namespace {

class NullRecorder final : public RunRecorder {
 public:
  void Add(AnyRow) override {}
  absl::Status CommitRound(const RoundRecord&) override { return absl::OkStatus(); }
  absl::Status Finish(const Verdict&) override { return absl::OkStatus(); }
  void TellOfWaits(std::function<void(std::string)>) override {}
  void StopWaiting() override {}
};

// A visitor of columns.h that binds one row to its INSERT, column by column.
class Binder {
 public:
  explicit Binder(Statement& insert) : insert_(insert) {}

  template <typename T>
  void operator()(absl::string_view, const T& member) {
    if constexpr (NamedEnum<T>) {
      insert_.Bind(++index_, NameOf(member));
    } else {
      insert_.Bind(++index_, member);
    }
  }
  template <typename T>
  void Key(absl::string_view name, const T& member) {
    (*this)(name, member);
  }
  void Model(absl::string_view, ModelId id) {
    insert_.Bind(++index_, absl::string_view(texts_.emplace_front(absl::StrFormat("%016x", id))));
  }
  template <std::size_t N>
  void Phases(const absl::string_view (&)[N], absl::string_view, const Nanos (&phases)[N]) {
    for (const Nanos phase : phases) insert_.Bind(++index_, phase);
  }

 private:
  Statement& insert_;
  int index_ = 0;
  std::forward_list<std::string> texts_;  // those that are bound
};

// The rows of one table: its INSERT, prepared once, and the rows that were pending when the last
// transaction began, until it succeeds.
template <typename Row>
class TableWriter {
 public:
  // First of all.
  absl::Status Prepare(Database& database) {
    ASSIGN_OR_RETURN(insert_, database.Prepare(InsertSql(Describe<Row>())));
    return absl::OkStatus();
  }

  absl::Status Insert(const Row& row) {
    Binder binder(*insert_);
    Table<Row>::Columns(binder, row);
    return insert_->Run();
  }
  // The row will be inserted in the next transaction that succeeds.
  void Take(Row row) { unwritten_.push_back(std::move(row)); }
  absl::Status InsertUnwritten() {
    for (const Row& row : unwritten_) RETURN_IF_ERROR(Insert(row));
    return absl::OkStatus();
  }
  void Committed() { unwritten_ = {}; }

 private:
  std::optional<Statement> insert_;
  std::vector<Row> unwritten_;
};

class SqliteRecorder final : public RunRecorder {
 public:
  SqliteRecorder(std::string folder, Database database)
      : folder_(std::move(folder)), database_(std::move(database)) {}

  // First of all.
  absl::Status Prepare() {
    return ForEachTable([this](auto& writer) { return writer.Prepare(database_); });
  }
  void Add(AnyRow row) override {
    MutexLock lock(mutex_);
    pending_.push_back(std::move(row));
  }
  absl::Status CommitRound(const RoundRecord& round) override {
    return Commit([&] { return InsertRound(round); });
  }
  absl::Status Finish(const Verdict& verdict) override;
  void TellOfWaits(std::function<void(std::string)> tell) override {
    database_.TellOfWaits(std::move(tell));
  }
  void StopWaiting() override { database_.StopWaiting(); }

 private:
  // Calls `work` with each table's writer until it returns an error.
  template <typename Work>
  absl::Status ForEachTable(const Work& work) {
    absl::Status status;
    const auto run = [&](auto& writer) { return (status = work(writer)).ok(); };
    std::apply([&run](auto&... writers) { static_cast<void>((run(writers) && ...)); }, writers_);
    return status;
  }
  template <typename Row>
  TableWriter<Row>& writer() {
    return std::get<TableWriter<Row>>(writers_);
  }
  template <typename Row>
  absl::Status Insert(const Row& row) {
    return writer<Row>().Insert(row);
  }
  // Writes the pending rows and those of `body` in one transaction. If it fails, the pending ones
  // come with the next one.
  template <typename Body>
  absl::Status Commit(const Body& body);
  template <typename Row>
  void Take(Row row) {
    if constexpr (std::same_as<Row, EvaluationRecord>) {
      for (HealthValue& value : row.health) {
        Take(HealthRow{std::move(value), row.round, std::nullopt});
      }
    }
    writer<Row>().Take(std::move(row));
  }
  absl::Status InsertRound(const RoundRecord& round);
  // Inserts what came with an update that was folded.
  absl::Status InsertReported(const AnswerRow& folded);

  const std::string folder_;
  Database database_;
  LedgerRows::Each<TableWriter> writers_;  // after the database that their statements belong to
  Mutex mutex_;
  std::vector<AnyRow> pending_ ABSL_GUARDED_BY(mutex_);  // added since the last commit began
};

template <typename Body>
absl::Status SqliteRecorder::Commit(const Body& body) {
  std::vector<AnyRow> pending;
  {
    MutexLock lock(mutex_);
    pending.swap(pending_);
  }
  for (AnyRow& row : pending) {
    std::visit([this](auto& of_table) { this->Take(std::move(of_table)); }, row);
  }
  RETURN_IF_ERROR(database_.Transact([&] {
    const absl::Status inserted =
        ForEachTable([](auto& writer) { return writer.InsertUnwritten(); });
    return inserted.ok() ? body() : inserted;
  }));
  std::apply([](auto&... writers) { (writers.Committed(), ...); }, writers_);
  return absl::OkStatus();
}

absl::Status SqliteRecorder::InsertRound(const RoundRecord& round) {
  RETURN_IF_ERROR(
      Insert(RoundRow{round, round.cohort.size(), round.folded.size(), round.dropped.size()}));
  for (const StepRow& step : round.steps) RETURN_IF_ERROR(Insert(step));
  for (const AnswerRow& answer : round.evaluated) RETURN_IF_ERROR(Insert(answer));
  for (const AnswerRow& answer : round.folded) RETURN_IF_ERROR(Insert(answer));
  for (const AnswerRow& answer : round.folded) RETURN_IF_ERROR(InsertReported(answer));
  return absl::OkStatus();
}

absl::Status SqliteRecorder::InsertReported(const AnswerRow& folded) {
  for (const auto& [name, value] : folded.metrics) {
    RETURN_IF_ERROR(Insert(MetricRow{folded.round, folded.client, name, value}));
  }
  for (const HealthValue& value : folded.health) {
    RETURN_IF_ERROR(Insert(HealthRow{value, folded.round, folded.client}));
  }
  return absl::OkStatus();
}

absl::Status SqliteRecorder::Finish(const Verdict& verdict) {
  RETURN_IF_ERROR(Commit([] { return absl::OkStatus(); }));
  RETURN_IF_ERROR(ExportCsv(database_, folder_));
  RETURN_IF_ERROR(ExportTrace(database_, folder_));
  // Last: a run whose record is not complete has not ended well.
  RETURN_IF_ERROR(Commit([&] { return Insert(verdict); }));
  database_.LeaveWal();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<RunRecorder>> OpenRecorder(const std::string& folder,
                                                          const std::string& path) {
  ASSIGN_OR_RETURN(Database database, Database::Create(path, CreateSql()));
  auto recorder = std::make_unique<SqliteRecorder>(folder, std::move(database));
  RETURN_IF_ERROR(recorder->Prepare());
  return recorder;
}

// Accepts neither another run's file nor a link to somewhere else. Closes the file: while SQLite
// has a file open, closing another descriptor of it would release SQLite's locks.
absl::Status CreateEmpty(const std::string& path) {
  const Fd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (fd.valid()) return absl::OkStatus();
  if (errno != EEXIST) return ErrnoStatus(errno, path);
  return absl::AlreadyExistsError(
      absl::StrCat(path, ": the folder holds a run already; choose another"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<RunRecorder>> RunRecorder::Create(const std::string& folder) {
  if (folder.empty()) return std::make_unique<NullRecorder>();
  RETURN_IF_ERROR(MakeFolders(folder));
  const std::string path = absl::StrCat(folder, "/", kLedgerFile);
  RETURN_IF_ERROR(CreateEmpty(path));
  absl::StatusOr<std::unique_ptr<RunRecorder>> recorder = OpenRecorder(folder, path);
  if (recorder.ok()) return recorder;
  // Otherwise the next attempt would take them for those of a run.
  for (const char* suffix : {"", "-wal", "-shm"}) unlink(absl::StrCat(path, suffix).c_str());
  return recorder;
}

}  // namespace fedround::ledger
