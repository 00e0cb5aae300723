// The few SQLite calls the ledger needs, with errors as absl::Status that name the file.
//
// - INVALID_ARGUMENT: the file, or one that SQLite would open beside it, is a folder, a pipe or a
//   device.
// - RESOURCE_EXHAUSTED: the disk or the quota is full.
// - DATA_LOSS: damaged, or not a database.
// - UNAVAILABLE: another program kept its lock for minutes.
// - UNIMPLEMENTED: its file system has no locks.
// - FAILED_PRECONDITION: it cannot be opened, or would have to be written and cannot be.
// - UNKNOWN: all else, with SQLite's words.
// Not thread-safe: a database and its statements belong to one thread at a time.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/ledger/store/lock_wait.h"

struct sqlite3;
struct sqlite3_stmt;

namespace fedround::ledger {

// A prepared statement. Must be destroyed before its database.
class Statement {
 public:
  // What takes the place of ?1, ?2, ... when the statement runs; texts must live until then. An
  // absent or non-finite number becomes NULL. A STRICT table refuses integers of 2^63 and more.
  void Bind(int index, std::integral auto value) {
    if (std::in_range<std::int64_t>(value)) {
      BindInteger(index, static_cast<std::int64_t>(value));
    } else {  // wrapped round it would be written, and nobody could read it
      Bind(index, static_cast<double>(value));
    }
  }
  void Bind(int index, double value);
  void Bind(int index, absl::string_view value);
  template <typename Value>
  void Bind(int index, const std::optional<Value>& value) {
    value.has_value() ? Bind(index, *value) : BindNull(index);
  }
  // Runs to the end, and is ready for the next run.
  absl::Status Run();

  // For queries: moves to the next row, false after the last.
  absl::StatusOr<bool> Next();
  int columns() const;
  absl::string_view name(int column) const;
  // Of the current row. DATA_LOSS if the column does not hold an integer >= 0.
  absl::StatusOr<std::uint64_t> Natural(int column) const;
  // The same for any integer, for a number (an integer is one, too) and for text.
  absl::StatusOr<std::int64_t> Integer(int column) const;
  absl::StatusOr<double> Real(int column) const;
  absl::StatusOr<std::string> Text(int column) const;
  bool IsNull(int column) const;
  // Appends the column as CSV: NULL as nothing, a real number with as many digits as name it
  // exactly.
  void AppendTo(std::string& text, int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  absl::Status WrongType(int column, absl::string_view wanted) const;
  void BindInteger(int index, std::int64_t value);
  void BindNull(int index);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  // Creates a database file with `schema`, for one writer and any number of readers beside it
  // (WAL).
  static absl::StatusOr<Database> Create(const std::string& path, const std::string& schema);
  // Opens a file that nothing is known of: views, triggers and functions in its schema stay unused.
  // What a killed writer left beside it is taken into account. No file that is there is changed.
  // This process must not write the database at the same time, unless for a test. Where it can be
  // read only as a copy, and that fails: the errors of PrivateCopy::Create.
  static absl::StatusOr<Database> OpenUntrusted(const std::string& path);

  // Runs statements that give no rows.
  absl::Status Execute(const std::string& sql);
  absl::StatusOr<Statement> Prepare(absl::string_view sql);

  // Calls `body` in a transaction. All of it is kept or, if `body` or the commit fails, nothing.
  template <typename Body>
  absl::Status Transact(const Body& body) {
    absl::Status status = Execute("BEGIN IMMEDIATE");
    if (!status.ok()) return status;
    status = body();
    if (status.ok()) status = Execute("COMMIT");
    if (!status.ok()) RollBack();
    return status;
  }

  // Makes it one file again, which can be read where nothing can be written. Best effort: a reader
  // that has it open keeps it as it is.
  void LeaveWal();

  // From here on, another program's lock is waited for no longer than a second. In any thread.
  void StopWaiting() { wait_->Hurry(); }
  // Whom to tell of a long wait for one; otherwise the log.
  void TellOfWaits(LockWait::Tell tell) { wait_->set_tell(std::move(tell)); }

  sqlite3* handle() { return database_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  Database(sqlite3* database, const std::string& path)
      : wait_(std::make_unique<LockWait>(path)), database_(database) {}
  static absl::StatusOr<Database> Open(const std::string& path, int flags,
                                       const char* vfs = nullptr);
  static absl::StatusOr<Database> OpenInPlace(const std::string& path);
  static absl::StatusOr<Database> OpenCopy(const std::string& path);
  absl::Status Distrust();
  void RollBack();

  std::unique_ptr<LockWait> wait_;
  std::unique_ptr<sqlite3, Close> database_;  // last: it asks the member above
};

}  // namespace fedround::ledger
