// Moves tensors through a call: a model in, an update out.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>

#include "absl/status/statusor.h"
#include "client/coordinator_link.h"
#include "client/rpc/borrowed_bytes.h"
#include "client/rpc/call.h"
#include "client/rpc/connection.h"
#include "common/round/types.h"

namespace fedround::client {

// Fills `model`; the request carries `finished`, if there is one. The call ends if nothing moves
// for its limit. Errors: as CoordinatorLink::FetchModel.
absl::StatusOr<TransferCost> ReceiveModel(Connection& connection, Call& call,
                                          const Instruction& instruction,
                                          const std::optional<TaskCost>& finished,
                                          std::span<float> model);

// Sends header and `payload` in chunks of `chunk_bytes`, lent to gRPC by `borrowed`. Only the
// payload must keep moving: waiting for the credit before it, and for the verdict after it, ends
// with the round.
// Errors: as CoordinatorLink::Submit.
absl::StatusOr<TransferCost> SendUpdate(Connection& connection, Call& call,
                                        const UpdateHeader& header,
                                        std::span<const std::byte> payload, std::size_t chunk_bytes,
                                        const std::function<void()>& on_credit,
                                        BorrowedBytes& borrowed);

}  // namespace fedround::client
