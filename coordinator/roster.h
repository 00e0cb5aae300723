// Who is connected, and who may be.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "common/base/mutex.h"
#include "common/round/types.h"

namespace fedround::coordinator {

// Thread-safe.
class Roster {
 public:
  explicit Roster(std::uint64_t clients) : connected_(clients, false) {}

  // Marks the request's clients as connected, all or none. Errors: those of Coordinator::Admit.
  absl::Status Admit(const JoinRequest& request);
  void Remove(const std::vector<ClientId>& clients);

 private:
  absl::Status Check(const JoinRequest& request) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  std::vector<bool> connected_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace fedround::coordinator
