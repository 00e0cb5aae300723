// How many connections this process may hold.
#pragma once

#include <cstddef>

#include "common/base/clock.h"

namespace fedround::coordinator {

struct ConnectionLimits {
  std::size_t max_connections = 0;
  // Of these that clients may join with. The rest is for fetching models and sending updates: a run
  // that everybody has joined and nobody can take part in would wait for its deadline.
  std::size_t max_hosts = 0;
  // Of these without an authenticated call. Beyond, the oldest of them is cut.
  std::size_t max_strangers = 0;
  // A client makes its first call within milliseconds of connecting, on a machine that a thousand
  // others start on within seconds. Until then it costs a descriptor.
  Nanos stranger_age = 10 * kNanosPerSecond;
};

// Raises the process's limit of open files as far as the system allows, and shares it out.
ConnectionLimits RaiseConnectionLimits();

// What `descriptors` open files are enough for.
ConnectionLimits LimitsFor(std::size_t descriptors);

}  // namespace fedround::coordinator
