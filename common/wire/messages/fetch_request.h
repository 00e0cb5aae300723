// FetchModelRequest on the wire.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/round/types.h"

namespace fedround::wire {

struct FetchRequest {
  ClientId client = 0;
  std::uint32_t round = 0;
  ModelId model_id = 0;
  std::optional<TaskCost> finished{};  // the client's previous task
};

std::string SerializeFetchRequest(const FetchRequest& request);

// Errors: INVALID_ARGUMENT for bytes that are not a FetchModelRequest, or a task's cost that does
// not add up.
absl::StatusOr<FetchRequest> ParseFetchRequest(absl::string_view bytes);

}  // namespace fedround::wire
