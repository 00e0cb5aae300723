// How a client host talks to its coordinator: over gRPC, or straight into it (in-process driver).
//
// Legal order: Join once; NextInstruction until it returns a kLeave or an error; for each
// instruction FetchModel, then Submit, then ReportCost. All but Join and NextInstruction may run on
// several threads at the same time, for different clients; these two run on one.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/round/types.h"

namespace fedround::client {

// The bytes of a call.
struct TransferCost {
  std::uint64_t payload_bytes = 0;       // tensors
  std::uint64_t message_bytes_down = 0;  // protobuf messages received
  std::uint64_t message_bytes_up = 0;    // and sent, tensors included
};

class CoordinatorLink {
 public:
  virtual ~CoordinatorLink() = default;

  // Connects, with retries until the link's deadline, and announces the clients of this host.
  // Errors: UNAVAILABLE if no coordinator answers in time; UNAUTHENTICATED for a wrong token;
  // FAILED_PRECONDITION if this build or its SIMD level does not fit the run; ALREADY_EXISTS if one
  // of the clients is connected already.
  virtual absl::StatusOr<Welcome> Join(const JoinRequest& request) = 0;

  // Blocks until there is one. If the connection breaks, the link joins again by itself, and the
  // coordinator asks again for the answers that it does not have. Errors: UNAVAILABLE if the
  // coordinator is gone for good; ALREADY_EXISTS if another host has taken the place of this one;
  // FAILED_PRECONDITION if the coordinator there now serves another run.
  virtual absl::StatusOr<Instruction> NextInstruction() = 0;

  // From now on a transfer in which nothing moves for `limit` ends with UNAVAILABLE.
  virtual void EndStalledAfter(Nanos /*limit*/) {}

  // Fills `model` ([P], sized by the caller from Welcome.model) with the instruction's model.
  // Errors: NOT_FOUND if that model is no longer served (the round is over); DATA_LOSS if the size
  // or the hash (instruction.model_id) of what came is wrong.
  virtual absl::StatusOr<TransferCost> FetchModel(const Instruction& instruction,
                                                  std::span<float> model) = 0;

  // Sends the header, waits for the credit, calls `on_credit`, sends the payload. Without a payload
  // there is no credit. OK means that it will be folded.
  // Errors after which it will not be folded (after any other, like UNAVAILABLE, it still may):
  // - FAILED_PRECONDITION: late, or for another round
  // - ALREADY_EXISTS: a second update of this client
  // - INVALID_ARGUMENT: malformed
  // - ABORTED: it stood still and has lost its credit; submit it again
  virtual absl::StatusOr<TransferCost> Submit(const UpdateHeader& header,
                                              std::span<const std::byte> payload,
                                              const std::function<void()>& on_credit) = 0;

  // A lost report costs a row in the ledger, and a few seconds at the end of the run. It may wait
  // for the client's next FetchModel or for FlushReports, whichever comes first, but not if it says
  // that the task failed. A report that does not get through is kept and sent again the same way.
  virtual void ReportCost(const TaskCost& cost) = 0;
  // Sends the reports that wait; returns whether all got through.
  virtual bool FlushReports() = 0;

  // Makes every call, under way or to come, return soon with CANCELLED. Any thread may call it.
  virtual void Cancel() {}
};

}  // namespace fedround::client
