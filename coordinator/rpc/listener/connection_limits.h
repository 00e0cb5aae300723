// How many connections this process may hold.
#pragma once

#include <cstddef>

#include "common/base/clock.h"

namespace fedround::coordinator {

struct ConnectionLimits {
  std::size_t max_connections = 0;
  // How many of these may be used to join. The rest is for fetching models and sending updates: a
  // run that everybody has joined but in which nobody can take part would wait for its deadline.
  std::size_t max_hosts = 0;
  // How many of these may have no authenticated call yet. Beyond that the oldest of them is cut.
  std::size_t max_strangers = 0;
  // How long a connection may go without an authenticated call; it costs a descriptor. A client
  // makes its first call within milliseconds, or within seconds if a thousand start together.
  Nanos stranger_age = 10 * kNanosPerSecond;
};

// Raises the process's limit of open files as far as the system allows, and divides it up.
ConnectionLimits RaiseConnectionLimits();

// The limits for `descriptors` open files.
ConnectionLimits LimitsFor(std::size_t descriptors);

}  // namespace fedround::coordinator
