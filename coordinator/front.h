// The coordinator as its drivers see it (coordinator/rpc, experiments/simulate): the few functions
// that they call. In the other direction it reaches clients through ClientGateway.
//
// Life of a client:
//
//   Admit -> Connected -> (FindModel, an upload through intake(), ReportCost)* -> Leave
//
// Thread-safe; nothing here waits for the round.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/round/types.h"
#include "coordinator/intake/upload_intake.h"
#include "coordinator/model/model.h"

namespace fedround::coordinator {

class Front {
 public:
  virtual ~Front() = default;

  // How many clients there are: their ids are 0 .. clients() - 1.
  virtual std::uint64_t clients() const = 0;

  // A host wants to join with its clients. On success they count as connected until Leave. Errors:
  // - FAILED_PRECONDITION: another protocol, version or SIMD level than this run's
  // - INVALID_ARGUMENT: an id that is not below clients(), no ids, or not ascending
  // - ALREADY_EXISTS: one of its clients is connected
  virtual absl::StatusOr<Welcome> Admit(const JoinRequest& request) = 0;
  // The driver can now Send to these clients: they take part from now on. Call it once, after
  // Admit.
  virtual void Connected(const std::vector<ClientId>& clients) = 0;
  // These clients are gone.
  virtual void Leave(const std::vector<ClientId>& clients, absl::string_view why) = 0;

  // The model with this id, while it is the one being broadcast. NOT_FOUND otherwise.
  virtual absl::StatusOr<std::shared_ptr<const Model>> FindModel(ModelId id) const = 0;
  // Where answers go.
  virtual UploadIntake& intake() = 0;
  // What a finished task cost. Reports of unknown clients are ignored.
  virtual void ReportCost(const TaskCost& cost) = 0;
};

}  // namespace fedround::coordinator
