#include "common/base/process/out_of_memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <system_error>

#include "common/base/exit_code.h"
#include "common/base/measure/resource_usage.h"

namespace fedround {
namespace {

// Other threads may be doing anything, so nothing is destroyed; the kernel frees what they hold.
[[noreturn]] void Exit(const char* why) {
  const auto mebibytes = [](std::uint64_t bytes) {
    return static_cast<unsigned long long>(bytes >> 20U);
  };
  char limit[64] = "";
  rlimit space{};
  if (getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY) {
    std::snprintf(limit, sizeof(limit), ", ulimit -v allows %llu MiB of addresses",
                  mebibytes(space.rlim_cur));
  }
  char line[256];
  const int size = std::snprintf(line, sizeof(line), "%s: %s (it has held %llu MiB%s)\n",
                                 program_invocation_short_name, why,
                                 mebibytes(ReadResourceUsage().peak_rss_bytes), limit);
  const auto shown = std::min(static_cast<std::size_t>(std::max(size, 0)), sizeof(line) - 1);
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line, shown);
  _exit(exit_code::kEnvironment);
}

[[noreturn]] void NoMemory() { Exit("out of memory"); }

// One kind of uncaught exception is the environment's fault: a thread that gets no stack, or that
// the system does not allow.
[[noreturn]] void Terminate() {
  if (const std::exception_ptr exception = std::current_exception()) {
    try {
      std::rethrow_exception(exception);
    } catch (const std::system_error& error) {
      Exit(error.what());
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s: nobody caught: %s\n", program_invocation_short_name, error.what());
    } catch (...) {
      std::fprintf(stderr, "%s: nobody caught an exception\n", program_invocation_short_name);
    }
  }
  std::abort();
}

}  // namespace

void ExitWhenOutOfMemory() {
  std::set_new_handler(NoMemory);
  std::set_terminate(Terminate);
}

void OutOfMemory() {
  if (const std::new_handler handler = std::get_new_handler()) handler();
  NoMemory();
}

}  // namespace fedround
