#include "common/ledger/store/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/base/io/file.h"
#include "common/base/status_macros.h"
#include "common/ledger/store/private_copy.h"

namespace fedround::ledger {
namespace {

absl::Status NoLocks(absl::string_view path, absl::string_view reason) {
  return absl::UnimplementedError(
      absl::StrCat(path, ": its file system has no locks (", reason,
                   "), which a ledger needs; choose a run folder on a local disk (--out) and copy "
                   "it when the run has ended, or set ledger.enabled = false"));
}

// Whether SQLite's code means that the file system has no locks.
bool LacksLocks(int extended_code) {
  switch (extended_code) {
    case SQLITE_IOERR_LOCK:
    case SQLITE_IOERR_RDLOCK:
    case SQLITE_IOERR_UNLOCK:
    case SQLITE_IOERR_CHECKRESERVEDLOCK:
    case SQLITE_IOERR_SHMLOCK:
    case SQLITE_IOERR_SHMMAP:
    case SQLITE_PROTOCOL:
      return true;
    default:
      return false;
  }
}

// Some file systems refuse locks with ENOLCK, which SQLite takes for a lock held by another
// program. So this tries a lock that SQLite does not use. SQLite reports whatever else is wrong
// with the file.
absl::Status CheckLocks(const std::string& path, int open_flags) {
  constexpr off_t kBeyondSqlites = (off_t{1} << 30) + 4096;
  const Fd fd(open(path.c_str(), open_flags | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return absl::OkStatus();
  struct flock lock {};
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = kBeyondSqlites;
  lock.l_len = 1;
  if (fcntl(fd.get(), F_SETLK, &lock) == 0 || errno == EAGAIN || errno == EACCES) {
    return absl::OkStatus();
  }
  return NoLocks(path, std::strerror(errno));
}

absl::Status Error(sqlite3* database, absl::string_view path) {
  const int extended_code = sqlite3_extended_errcode(database);
  const int code = extended_code & 0xff;
  const int system_error = code == SQLITE_IOERR ? sqlite3_system_errno(database) : 0;
  const std::string message = absl::StrCat(path, ": ", sqlite3_errmsg(database));
  if (code == SQLITE_FULL || system_error == ENOSPC || system_error == EDQUOT) {
    return absl::ResourceExhaustedError(message);
  }
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) return absl::DataLossError(message);
  if (code == SQLITE_BUSY) {
    return absl::UnavailableError(
        absl::StrCat(path, ": another program holds its lock. ", LockAdvice(path)));
  }
  if (LacksLocks(extended_code)) return NoLocks(path, sqlite3_errmsg(database));
  if (code == SQLITE_READONLY || code == SQLITE_CANTOPEN) {
    return absl::FailedPreconditionError(message);
  }
  return absl::UnknownError(message);
}

absl::Status Error(sqlite3* database) {
  return Error(database, sqlite3_db_filename(database, "main"));
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::BindInteger(int index, std::int64_t value) {
  CHECK(sqlite3_bind_int64(statement_.get(), index, value) == SQLITE_OK);
}

void Statement::BindNull(int index) {
  CHECK(sqlite3_bind_null(statement_.get(), index) == SQLITE_OK);
}

void Statement::Bind(int index, double value) {
  if (!std::isfinite(value)) return BindNull(index);
  CHECK(sqlite3_bind_double(statement_.get(), index, value) == SQLITE_OK);
}

void Statement::Bind(int index, absl::string_view value) {
  CHECK(sqlite3_bind_text64(statement_.get(), index, value.data(), value.size(), SQLITE_STATIC,
                            SQLITE_UTF8) == SQLITE_OK);
}

absl::Status Statement::Run() {
  absl::Status status;
  if (sqlite3_step(statement_.get()) != SQLITE_DONE) {
    status = Error(sqlite3_db_handle(statement_.get()));
  }
  sqlite3_reset(statement_.get());
  return status;
}

absl::StatusOr<bool> Statement::Next() {
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return Error(sqlite3_db_handle(statement_.get()));
  }
}

int Statement::columns() const { return sqlite3_column_count(statement_.get()); }

absl::string_view Statement::name(int column) const {
  return sqlite3_column_name(statement_.get(), column);
}

absl::Status Statement::WrongType(int column, absl::string_view wanted) const {
  return absl::DataLossError(
      absl::StrCat(sqlite3_db_filename(sqlite3_db_handle(statement_.get()), "main"), ": column ",
                   name(column), " does not hold ", wanted));
}

absl::StatusOr<std::uint64_t> Statement::Natural(int column) const {
  const std::int64_t value = sqlite3_column_int64(statement_.get(), column);
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_INTEGER || value < 0) {
    return WrongType(column, "an integer >= 0");
  }
  return static_cast<std::uint64_t>(value);
}

absl::StatusOr<std::int64_t> Statement::Integer(int column) const {
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_INTEGER) {
    return WrongType(column, "an integer");
  }
  return sqlite3_column_int64(statement_.get(), column);
}

absl::StatusOr<double> Statement::Real(int column) const {
  const int type = sqlite3_column_type(statement_.get(), column);
  if (type != SQLITE_FLOAT && type != SQLITE_INTEGER) return WrongType(column, "a number");
  return sqlite3_column_double(statement_.get(), column);
}

absl::StatusOr<std::string> Statement::Text(int column) const {
  if (sqlite3_column_type(statement_.get(), column) != SQLITE_TEXT) {
    return WrongType(column, "text");
  }
  const auto* value = sqlite3_column_text(statement_.get(), column);
  CHECK(value != nullptr);
  return std::string(reinterpret_cast<const char*>(value),
                     static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Statement::AppendTo(std::string& text, int column) const {
  switch (sqlite3_column_type(statement_.get(), column)) {
    case SQLITE_NULL:
      return;
    case SQLITE_FLOAT: {
      char digits[32];
      const double value = sqlite3_column_double(statement_.get(), column);
      const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
      text.append(digits, end);
      return;
    }
    default: {
      const auto* value = sqlite3_column_text(statement_.get(), column);
      CHECK(value != nullptr);
      text.append(reinterpret_cast<const char*>(value),
                  static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)));
    }
  }
}

void Database::Close::operator()(sqlite3* database) const {
  CHECK(sqlite3_close(database) == SQLITE_OK);
}

namespace {

// SQLite opens these by name, and would wait for a writer at a named pipe.
absl::Status CheckFiles(const std::string& path) {
  for (const absl::string_view suffix : {"", "-wal", "-shm", "-journal"}) {
    const absl::Status status = CheckIsFile(absl::StrCat(path, suffix));
    if (!status.ok() && !absl::IsNotFound(status)) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Database> Database::Open(const std::string& path, int flags, const char* vfs) {
  RETURN_IF_ERROR(CheckFiles(path));
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, vfs);
  CHECK(handle != nullptr);
  Database database(handle, path);
  if (code != SQLITE_OK) return Error(handle, path);
  const auto on_busy = [](void* wait, int refusals) {
    return static_cast<int>(static_cast<LockWait*>(wait)->Sleep(refusals));
  };
  CHECK(sqlite3_busy_handler(handle, on_busy, database.wait_.get()) == SQLITE_OK);
  return database;
}

absl::StatusOr<Database> Database::Create(const std::string& path, const std::string& schema) {
  RETURN_IF_ERROR(CheckLocks(path, O_RDWR));
  ASSIGN_OR_RETURN(Database database, Open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  // An empty database is not worth waiting for the disk (20 ms).
  RETURN_IF_ERROR(database.Execute("PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL"));
  RETURN_IF_ERROR(database.Execute(absl::StrCat("BEGIN;", schema, ";COMMIT")));
  // From now on a killed process loses nothing that was committed; a power cut may lose the last
  // rounds, but never the file. In return a commit rarely waits for the disk.
  RETURN_IF_ERROR(database.Execute("PRAGMA synchronous = NORMAL"));
  // Rows are appended to their tables: a larger cache would only fill with 2 MB that are not needed
  // again.
  RETURN_IF_ERROR(database.Execute("PRAGMA cache_size = -256"));
  return database;
}

absl::StatusOr<Database> Database::OpenUntrusted(const std::string& path) {
  absl::StatusOr<Database> database = OpenInPlace(path);
  // A journal or a log that cannot be written, or no locks to do so.
  const bool needs_writing =
      absl::IsFailedPrecondition(database.status()) || absl::IsUnimplemented(database.status());
  return needs_writing ? OpenCopy(path) : std::move(database);
}

absl::StatusOr<Database> Database::OpenInPlace(const std::string& path) {
  RETURN_IF_ERROR(CheckLocks(path, O_RDONLY));
  ASSIGN_OR_RETURN(Database database, Open(path, SQLITE_OPEN_READONLY));
  RETURN_IF_ERROR(database.Distrust());
  return database;
}

absl::StatusOr<Database> Database::OpenCopy(const std::string& path) {
  ASSIGN_OR_RETURN(const PrivateCopy copy, PrivateCopy::Create(path));
  // Nobody else knows the copy: neither locks nor shared memory are needed.
  ASSIGN_OR_RETURN(Database database, Open(copy.path(), SQLITE_OPEN_READWRITE, "unix-none"));
  RETURN_IF_ERROR(database.Execute("PRAGMA locking_mode = EXCLUSIVE"));
  RETURN_IF_ERROR(database.Distrust());
  return database;
}

// Also reads a first page, before which SQLite does not look for what a killed writer has left.
absl::Status Database::Distrust() {
  for (const auto& [option, value] :
       {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1}, std::pair{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        std::pair{SQLITE_DBCONFIG_ENABLE_VIEW, 0}, std::pair{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}}) {
    CHECK(sqlite3_db_config(handle(), option, value, nullptr) == SQLITE_OK);
  }
  return Execute("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA schema_version");
}

absl::Status Database::Execute(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return Error(database_.get());
  }
  return absl::OkStatus();
}

absl::StatusOr<Statement> Database::Prepare(absl::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return Error(database_.get());
  }
  return Statement(statement);
}

void Database::LeaveWal() {
  StopWaiting();
  Execute("PRAGMA journal_mode = DELETE").IgnoreError();
}

void Database::RollBack() {
  // If the disk was full, SQLite has already rolled back by itself.
  if (sqlite3_get_autocommit(database_.get()) == 0) {
    sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

}  // namespace fedround::ledger
