#include "common/ledger/private_copy.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace fedround::ledger {
namespace {

namespace fs = std::filesystem;

// Ends a journal that names another one, of a transaction over several databases. SQLite deletes
// the file of that name, whatever it is: a folder from somewhere could name any file of the user's.
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
      absl::StrCat(path, ": a journal that names another, which no run leaves"));
}

absl::StatusOr<std::string> MakeTemporaryFolder() {
  std::error_code error;
  std::string name = (fs::temp_directory_path(error) / "fedround-ledger-XXXXXX").string();
  if (error) return ErrnoStatus(error.value(), "TMPDIR");
  if (mkdtemp(name.data()) == nullptr) return ErrnoStatus(errno, name);
  return name;
}

}  // namespace

absl::StatusOr<PrivateCopy> PrivateCopy::Create(const std::string& path) {
  ASSIGN_OR_RETURN(std::string folder, MakeTemporaryFolder());
  PrivateCopy copy(std::move(folder));
  RETURN_IF_ERROR(copy.Take(path));
  return copy;
}

absl::Status PrivateCopy::Take(const std::string& path) {
  for (const absl::string_view suffix : {"", "-wal", "-journal"}) {
    const std::string from = absl::StrCat(path, suffix);
    if (!suffix.empty() && !FileExists(from)) continue;
    const std::string to = absl::StrCat(this->path(), suffix);
    std::error_code error;
    fs::copy_file(from, to, error);
    if (!error) fs::permissions(to, fs::perms::owner_read | fs::perms::owner_write, error);
    if (error) return ErrnoStatus(error.value(), absl::StrCat("copy ", from, " to ", to));
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
