#include "coordinator/rpc/listener/connection_limits.h"

#include <sys/resource.h>

#include <algorithm>

namespace fedround::coordinator {
namespace {

// gRPC's descriptor and our duplicate.
constexpr std::size_t kDescriptorsPerConnection = 2;
// For the ledger, data, event queues and descriptors that are about to be closed.
constexpr std::size_t kOtherDescriptors = 64;
// Each may hold up to 128 KiB in the kernel, until it is looked at.
constexpr std::size_t kMostStrangers = 1024;

}  // namespace

ConnectionLimits LimitsFor(std::size_t descriptors) {
  const std::size_t others = std::min(kOtherDescriptors, descriptors / 2);
  const std::size_t connections = (descriptors - others) / kDescriptorsPerConnection;
  return {.max_connections = connections,
          .max_hosts = connections / 2,
          .max_strangers = std::min(kMostStrangers, connections / 2)};
}

ConnectionLimits RaiseConnectionLimits() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return LimitsFor(0);
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  return LimitsFor(limit.rlim_cur);
}

}  // namespace fedround::coordinator
