// rounds.csv, clients.csv and health.csv match the database.
#include <algorithm>
#include <span>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/io/file.h"
#include "common/base/status_macros.h"
#include "common/ledger/csv_export.h"
#include "experiments/analysis/verify/checks.h"
#include "experiments/analysis/verify/finding.h"

namespace fedround::analysis {
namespace {

// Compares a file, which may have any size, with the text that it should be, piece by piece.
class FileCompared {
 public:
  FileCompared(absl::string_view name, Fd fd, std::uint64_t size)
      : name_(name), fd_(std::move(fd)), size_(size) {}

  absl::Status Expect(absl::string_view piece) {
    std::string text(std::min<std::uint64_t>(piece.size(), size_ - offset_), '\0');
    RETURN_IF_ERROR(ReadExactly(
        fd_, offset_, std::as_writable_bytes(std::span(text.data(), text.size())), name_));
    offset_ += text.size();
    const auto differ = std::ranges::mismatch(piece, text).in1;
    line_ += static_cast<std::uint64_t>(std::count(piece.begin(), differ, '\n'));
    if (differ == piece.end()) return absl::OkStatus();
    return Finding(name_, absl::StrCat("line ", line_, " is not what ledger.sqlite says"));
  }

  absl::Status ExpectEnd() const {
    if (offset_ == size_) return absl::OkStatus();
    return Finding(name_, absl::StrCat("line ", line_, ": ", size_ - offset_,
                                       " bytes more than ledger.sqlite has"));
  }

 private:
  const absl::string_view name_;
  const Fd fd_;
  const std::uint64_t size_;
  std::uint64_t offset_ = 0;
  std::uint64_t line_ = 1;
};

absl::Status CheckFile(const Run& run, absl::string_view name) {
  const std::string path = absl::StrCat(run.folder, "/", name);
  absl::StatusOr<Fd> fd = OpenForRead(path);
  if (!fd.ok()) return Finding(name, fd.status().message());
  const absl::StatusOr<std::uint64_t> size = FileSize(*fd, path);
  if (!size.ok()) return Finding(name, size.status().message());
  FileCompared file(name, *std::move(fd), *size);
  RETURN_IF_ERROR(ledger::MakeCsv(*run.database, name,
                                  [&file](absl::string_view piece) { return file.Expect(piece); }));
  return file.ExpectEnd();
}

}  // namespace

absl::Status CheckCsv(const Run& run) {
  if (!run.verdict.has_value()) return absl::OkStatus();  // written when a run ends
  for (const absl::string_view name : ledger::kCsvFiles) {
    RETURN_IF_ERROR(CheckFile(run, name));
  }
  return absl::OkStatus();
}

}  // namespace fedround::analysis
