#include "common/data/cache_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/base/io/file.h"
#include "common/data/cache.h"
#include "common/data/cache_file.h"

namespace fedround::data {
namespace {

constexpr absl::string_view kSuffix = ".data";
constexpr absl::string_view kAsideSuffix = ".tmp";
constexpr std::size_t kHexDigits = 16;  // in a name's hash, and in a temporary name

bool ConsumeHexSuffix(absl::string_view* name) {
  if (name->size() < kHexDigits) return false;
  const absl::string_view digits = name->substr(name->size() - kHexDigits);
  const bool hex = std::ranges::all_of(digits, [](char c) {
    return absl::ascii_isxdigit(static_cast<unsigned char>(c)) &&
           !absl::ascii_isupper(static_cast<unsigned char>(c));
  });
  if (hex) name->remove_suffix(kHexDigits);
  return hex;
}

// The data set in DATASET-0123456789abcdef.data; empty for any other name.
absl::string_view DatasetIn(absl::string_view name) {
  const bool ours = absl::ConsumeSuffix(&name, kSuffix) && ConsumeHexSuffix(&name) &&
                    absl::ConsumeSuffix(&name, "-");
  return ours ? name : absl::string_view();
}

// The entry that an unfinished file was to become, from DATASET-..data.0123456789abcdef.tmp; empty
// for any other name.
absl::string_view EntryAside(absl::string_view name) {
  const bool ours = absl::ConsumeSuffix(&name, kAsideSuffix) && ConsumeHexSuffix(&name) &&
                    absl::ConsumeSuffix(&name, ".") && !DatasetIn(name).empty();
  return ours ? name : absl::string_view();
}

// For a plain file (a folder if `type` is S_IFDIR) that belongs to this user; nothing for a link.
std::optional<struct stat> OwnFile(const std::string& path, mode_t type) {
  struct stat info {};
  const bool own = lstat(path.c_str(), &info) == 0 && (info.st_mode & S_IFMT) == type &&
                   info.st_uid == geteuid();
  if (!own) return std::nullopt;
  return info;
}

// The names in the folder, sorted; none if it does not belong to this user.
std::vector<std::string> NamesIn(const std::string& folder) {
  namespace fs = std::filesystem;
  std::vector<std::string> names;
  if (!OwnFile(folder, S_IFDIR).has_value()) return names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

std::optional<CacheEntry> EntryAt(const std::string& folder, const std::string& name) {
  const absl::string_view dataset = DatasetIn(name);
  if (dataset.empty()) return std::nullopt;
  const std::string path = folder + "/" + name;
  const std::optional<struct stat> info = OwnFile(path, S_IFREG);
  if (!info.has_value()) return std::nullopt;
  const absl::StatusOr<Fd> fd = OpenForRead(path);
  if (!fd.ok()) return std::nullopt;
  const std::optional<std::uint32_t> format = CacheFormatOf(*fd);
  if (!format.has_value()) return std::nullopt;
  return CacheEntry{.path = path,
                    .dataset = std::string(dataset),
                    .bytes = static_cast<std::uint64_t>(info->st_size),
                    .made_s = info->st_mtime,
                    .format = *format};
}

// True if it is gone.
bool Remove(const std::string& path, std::uint64_t bytes, ClearedCache& cleared) {
  if (unlink(path.c_str()) == 0) {
    cleared.bytes += bytes;
    return true;
  }
  if (errno != ENOENT) {
    cleared.failed.push_back(std::string(ErrnoStatus(errno, path).message()));
  }
  return false;
}

// Removes an unfinished file, unless a process is still writing it: that holds the entry's lock.
void RemoveAside(const std::string& folder, const std::string& name, ClearedCache& cleared) {
  const absl::string_view entry = EntryAside(name);
  if (entry.empty()) return;
  const std::string path = folder + "/" + name;
  const std::optional<struct stat> info = OwnFile(path, S_IFREG);
  if (!info.has_value()) return;
  const auto lock = FileLock::TryAcquire(folder + "/" + std::string(entry) + ".lock");
  if (lock.ok()) Remove(path, static_cast<std::uint64_t>(info->st_size), cleared);
}

}  // namespace

std::vector<CacheEntry> ListCache() {
  std::vector<CacheEntry> entries;
  for (const std::string& folder : CacheFolders()) {
    for (const std::string& name : NamesIn(folder)) {
      if (auto entry = EntryAt(folder, name); entry.has_value()) entries.push_back(*entry);
    }
  }
  return entries;
}

ClearedCache ClearCache() {
  ClearedCache cleared;
  for (const CacheEntry& entry : ListCache()) {
    if (Remove(entry.path, entry.bytes, cleared)) ++cleared.data_sets;
  }
  for (const std::string& folder : CacheFolders()) {
    for (const std::string& name : NamesIn(folder)) RemoveAside(folder, name, cleared);
  }
  return cleared;
}

}  // namespace fedround::data
