// A database that somebody else made is an input like any other, and SQLite is quick to act on it.
//
// To open a database beside which a writer died, SQLite finishes or rolls back that writer's work,
// and so writes to the folder: wrong for a program that only looks at a run, impossible on
// read-only media. So the database and the files beside it are copied, and SQLite works on the
// copy. Three things can go wrong with copying what a stranger may have put there, and each has its
// check:
//
//   a journal that names another file: SQLite would delete that file    CheckJournal
//   a sparse file, small on disk and huge as a copy                     CheckRoom
//   a pipe or a device instead of a file: reading it would never end    CheckIsFile
//
// The journal is checked in the copy, not at its source, which may change between two looks.
#include "common/ledger/store/private_copy.h"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/base/io/file.h"
#include "common/base/status_macros.h"

namespace fedround::ledger {
namespace {

namespace fs = std::filesystem;

// What is copied, if it is there: the database, and what a writer may have left beside it.
constexpr absl::string_view kSuffixes[] = {"", "-wal", "-journal"};

// The end of a journal that names another one, as in a transaction over several databases. SQLite
// deletes the file of that name, whatever it is: a foreign folder could name any of the user's
// files.
constexpr absl::string_view kJournalMagic = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7";

absl::Status CheckJournal(const std::string& path) {
  ASSIGN_OR_RETURN(const Fd fd, OpenForRead(path));
  ASSIGN_OR_RETURN(const std::uint64_t size, FileSize(fd, path));
  char end[kJournalMagic.size()] = {};
  if (size < sizeof(end)) return absl::OkStatus();
  RETURN_IF_ERROR(
      ReadExactly(fd, size - sizeof(end), std::as_writable_bytes(std::span(end)), path));
  if (absl::string_view(end, sizeof(end)) != kJournalMagic) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(path, ": a journal that refers to another file; no run leaves one"));
}

// A failure to copy says nothing about the run: its own files are neither missing nor damaged.
absl::Status NoCopy(int error, absl::string_view what) {
  const absl::Status status = ErrnoStatus(error, what);
  if (absl::IsResourceExhausted(status) || absl::IsPermissionDenied(status)) return status;
  return absl::FailedPreconditionError(status.message());
}

absl::StatusOr<std::string> MakeTemporaryFolder() {
  std::error_code error;
  std::string name = (fs::temp_directory_path(error) / "fedround-ledger-XXXXXX").string();
  if (error) return NoCopy(error.value(), "TMPDIR");
  if (mkdtemp(name.data()) == nullptr) return NoCopy(errno, name);
  return name;
}

// The holes of a sparse file are written out: a small one may fill a disk.
absl::Status CheckRoom(const std::string& path, const std::string& folder) {
  std::uintmax_t needed = 0;
  for (const absl::string_view suffix : kSuffixes) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(absl::StrCat(path, suffix), error);
    if (!error) needed += size;
  }
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error || needed <= space.available) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat(path, ": to read it, ", needed, " bytes must be copied to ",
                   fs::path(folder).parent_path().string(), ", where ", space.available,
                   " are free; set TMPDIR to a folder with more room"));
}

}  // namespace

absl::StatusOr<PrivateCopy> PrivateCopy::Create(const std::string& path) {
  ASSIGN_OR_RETURN(std::string folder, MakeTemporaryFolder());
  PrivateCopy copy(std::move(folder));
  RETURN_IF_ERROR(copy.Take(path));
  return copy;
}

absl::Status PrivateCopy::Take(const std::string& path) {
  RETURN_IF_ERROR(CheckRoom(path, folder_));
  for (const absl::string_view suffix : kSuffixes) {
    const std::string from = absl::StrCat(path, suffix);
    if (!suffix.empty() && !FileExists(from)) continue;
    RETURN_IF_ERROR(CheckIsFile(from));
    const std::string to = absl::StrCat(this->path(), suffix);
    std::error_code error;
    fs::copy_file(from, to, error);
    if (!error) fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write, error);
    if (error) return NoCopy(error.value(), absl::StrCat("copy ", from, " to ", to));
    if (suffix == "-journal") RETURN_IF_ERROR(CheckJournal(to));
  }
  return absl::OkStatus();
}

PrivateCopy::~PrivateCopy() {
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

std::string PrivateCopy::path() const { return folder_ + "/ledger.sqlite"; }

}  // namespace fedround::ledger
