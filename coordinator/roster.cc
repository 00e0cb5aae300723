#include "coordinator/roster.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/cpu/simd.h"
#include "common/base/named_enum.h"
#include "common/base/status_macros.h"

namespace fedround::coordinator {

absl::Status Roster::Check(const JoinRequest& request) const {
  if (request.protocol_version != kProtocolVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("protocol_version = ", request.protocol_version, ": this coordinator speaks ",
                     kProtocolVersion, "; use clients of version ", FEDROUND_VERSION));
  }
  // Clients in other languages do not use our kernels and do not promise the same bits: they leave
  // `simd` empty.
  if (!request.simd.empty() && request.build != FEDROUND_VERSION) {
    return absl::FailedPreconditionError(absl::StrCat("client of version ", request.build,
                                                      "; this coordinator is ", FEDROUND_VERSION));
  }
  if (!request.simd.empty()) {
    const std::optional<SimdLevel> best = Named<SimdLevel>(request.simd);
    if (!best.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("SIMD level \"", request.simd, "\": must be sse2, avx2 or avx512"));
    }
    if (*best < SimdLevelInUse()) {
      return absl::FailedPreconditionError(absl::StrCat(
          "client's machine has ", request.simd, "; this run computes at ",
          NameOf(SimdLevelInUse()), ", and mixed levels would not give the same bits: set ",
          "model.simd = \"", request.simd, "\""));
    }
  }
  if (request.clients.empty()) return absl::InvalidArgumentError("no client ids");
  const ClientId* previous = nullptr;
  for (const ClientId& client : request.clients) {
    if (client >= connected_.size()) {
      return absl::InvalidArgumentError(absl::StrCat("client ", client,
                                                     ": federation.clients = ", connected_.size(),
                                                     ", so ids end at ", connected_.size() - 1));
    }
    if (previous != nullptr && client <= *previous) {
      return absl::InvalidArgumentError("client ids must ascend");
    }
    if (connected_[client]) {
      return absl::AlreadyExistsError(absl::StrCat("client ", client, " is connected already"));
    }
    previous = &client;
  }
  return absl::OkStatus();
}

absl::Status Roster::Admit(const JoinRequest& request) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(Check(request));
  for (const ClientId client : request.clients) connected_[client] = true;
  return absl::OkStatus();
}

void Roster::Remove(const std::vector<ClientId>& clients) {
  MutexLock lock(mutex_);
  for (const ClientId client : clients) {
    if (client < connected_.size()) connected_[client] = false;
  }
}

}  // namespace fedround::coordinator
