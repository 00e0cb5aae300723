#include "common/ledger/machine.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/cpu/simd.h"
#include "common/base/measure/resource_usage.h"
#include "common/base/named_enum.h"

namespace fedround::ledger {
namespace {

std::string CpuModel() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    if (absl::StartsWith(line, "model name")) {
      return std::string(
          absl::StripAsciiWhitespace(absl::string_view(line).substr(line.find(':') + 1)));
    }
  }
  return "";
}

std::uint64_t MemoryBytes() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  return pages < 0 || page_bytes < 0
             ? 0
             : static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_bytes);
}

}  // namespace

std::string TimeNow() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[sizeof("2026-01-31T12:34:56Z")];
  return std::string(text, std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc));
}

Manifest DescribeThisProcess() {
  Manifest manifest;
  manifest.version = FEDROUND_VERSION;
#ifdef NDEBUG
  manifest.build = "release";
#else
  manifest.build = "debug";
#endif
#ifdef __clang__
  manifest.compiler = absl::StrCat("clang ", __clang_version__);
#else
  manifest.compiler = absl::StrCat("gcc ", __VERSION__);
#endif
  manifest.start_time = TimeNow();
  utsname system{};
  if (uname(&system) == 0) {
    manifest.host = system.nodename;
    manifest.kernel = absl::StrCat(system.sysname, " ", system.release);
  }
  manifest.cpu_model = CpuModel();
  manifest.cores = static_cast<std::uint32_t>(std::max(UsableCores(), 0));
  manifest.simd = std::string(NameOf(SimdLevelInUse()));
  manifest.memory_bytes = MemoryBytes();
  return manifest;
}

}  // namespace fedround::ledger
