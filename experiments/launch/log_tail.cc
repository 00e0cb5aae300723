#include "experiments/launch/log_tail.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include "absl/strings/str_split.h"
#include "common/base/io/file.h"
#include "common/base/printable.h"

namespace fedround::launch {
namespace {

constexpr std::uint64_t kTailBytes = 4096;
constexpr std::size_t kLongestLine = 200;

std::string ReadEnd(const std::string& path) {
  const absl::StatusOr<Fd> fd = OpenForRead(path);
  if (!fd.ok()) return "";
  const absl::StatusOr<std::uint64_t> size = FileSize(*fd, path);
  if (!size.ok()) return "";
  std::string end(std::min(*size, kTailBytes), '\0');
  const auto bytes = std::as_writable_bytes(std::span(end.data(), end.size()));
  return ReadExactly(*fd, *size - end.size(), bytes, path).ok() ? end : "";
}

}  // namespace

std::vector<std::string> LogTail(const std::string& path, std::size_t count) {
  std::vector<std::string> lines = absl::StrSplit(ReadEnd(path), '\n', absl::SkipWhitespace());
  if (lines.size() > count) {
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
  }
  for (std::string& line : lines) line = Printable(line, kLongestLine);
  return lines;
}

}  // namespace fedround::launch
