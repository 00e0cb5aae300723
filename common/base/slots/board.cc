#include "common/base/slots/board.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/io/file.h"

namespace fedround::slots {

static_assert(std::atomic<Nanos>::is_always_lock_free &&
              std::atomic<std::uint32_t>::is_always_lock_free);

absl::StatusOr<std::shared_ptr<Board>> Board::Open(const std::string& path, int slots) {
  const Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  // Nobody holds any other lock on it: this only tries whether the file system has locks.
  if (flock(fd.get(), LOCK_SH | LOCK_NB) != 0) {
    return ErrnoStatus(errno, absl::StrCat("lock ", path));
  }
  const std::size_t bytes =
      sizeof(Layout) + static_cast<std::size_t>(slots) * kLayers * sizeof(Holding);
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return ErrnoStatus(errno, path);
  if (static_cast<std::size_t>(info.st_size) < bytes) {
    // Allocated on the disk: touching a page for which a full disk has no block would kill us.
    const int error = posix_fallocate(fd.get(), 0, static_cast<off_t>(bytes));
    if (error != 0) return ErrnoStatus(error, path);
  }
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) return ErrnoStatus(errno, absl::StrCat("map ", path));
  return std::shared_ptr<Board>(new Board(static_cast<Layout*>(memory), bytes));
}

Board::~Board() { munmap(layout_, bytes_); }

std::uint32_t Board::Find(std::uint64_t id) const {
  const auto* const found =
      std::ranges::find_if(layout_->runs, [id](const Run& r) { return r.id == id; });
  return found == std::end(layout_->runs) ? kNoRun
                                          : static_cast<std::uint32_t>(found - layout_->runs);
}

std::uint32_t Board::LeastLatelySeen() const {
  const Nanos now = MonotonicNow();
  // Times from before a reboot of the machine count as older than anything else.
  const auto last_seen = [now](const Run& r) {
    const Nanos seen = r.seen_ns;
    return seen > now + kAsking ? std::numeric_limits<Nanos>::min() : seen;
  };
  return static_cast<std::uint32_t>(std::ranges::min_element(layout_->runs, {}, last_seen) -
                                    layout_->runs);
}

std::uint32_t Board::Enter(std::uint64_t id, absl::string_view name, int slots) {
  std::uint32_t number = Find(id);
  while (number == kNoRun) {
    number = LeastLatelySeen();
    Run& entry = run(number);
    std::uint64_t before = entry.id;
    // Another process may have been quicker, even one of the same run.
    if (Find(id) != kNoRun || !entry.id.compare_exchange_strong(before, id)) {
      number = Find(id);
      continue;
    }
    entry.seen_ns = MonotonicNow() - kAsking;  // it does not ask for a slot yet
    entry.used_ns = 0;
    entry.slots = static_cast<std::uint32_t>(slots);
    entry.head = 0;
    entry.short_ns = 0;
    entry.holder_run = kNoRun;
    for (std::size_t i = 0; i < kNameBytes; ++i) {
      layout_->names[number][i] = i < std::min(name.size(), kNameBytes - 1) ? name[i] : '\0';
    }
  }
  return number;
}

std::string Board::NameOf(std::uint32_t number) const {
  std::string name;
  for (std::size_t i = 0; number < kRuns && i < kNameBytes; ++i) {
    const char c = layout_->names[number][i];
    if (c == '\0') break;
    name += absl::ascii_iscntrl(static_cast<unsigned char>(c)) ? '?' : c;
  }
  return name.empty() ? "another process" : absl::StrCat("run ", name);
}

}  // namespace fedround::slots
