// The few SQLite calls the ledger needs, with errors as absl::Status that name the file.
//
// - INVALID_ARGUMENT: the file, or one that SQLite would open beside it, is a folder, a pipe or a
//   device.
// - RESOURCE_EXHAUSTED: the disk or the quota is full.
// - DATA_LOSS: damaged, or not a database.
// - UNAVAILABLE: another program kept its lock for minutes.
// - UNIMPLEMENTED: its file system has no locks.
// - FAILED_PRECONDITION: it cannot be opened, or would have to be written and cannot be.
// - UNKNOWN: everything else, in SQLite's words.
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
    } else {  // it would wrap around and be written as a number that no reader accepts
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
  // A column of the current row. DATA_LOSS if it does not hold an integer >= 0.
  absl::StatusOr<std::uint64_t> Natural(int column) const;
  // The same for any integer, for a number (which an integer is as well) and for text.
  absl::StatusOr<std::int64_t> Integer(int column) const;
  absl::StatusOr<double> Real(int column) const;
  absl::StatusOr<std::string> Text(int column) const;
  bool IsNull(int column) const;
  // Appends the column as CSV: NULL as nothing, a real number with as many digits as identify it.
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
  // Opens an untrusted file: views, triggers and functions in its schema are not used. What a
  // killed writer left beside it is taken into account. No existing file is changed. This process
  // must not write the database at the same time, except in tests. If it can only be read as a
  // copy, and that fails: the errors of PrivateCopy::Create.
  static absl::StatusOr<Database> OpenUntrusted(const std::string& path);

  // Runs statements that return no rows.
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

  // Turns it back into a single file, which can be read where nothing can be written. Best effort:
  // it stays as it is while a reader has it open.
  void LeaveWal();

  // From now on, waiting for another program's lock takes at most a second. Any thread may call it.
  void StopWaiting() { wait_->Hurry(); }
  // Where to report a long wait for a lock, instead of the log.
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
  std::unique_ptr<sqlite3, Close> database_;  // last: it uses the member above
};

}  // namespace fedround::ledger
