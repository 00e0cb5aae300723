// The experiment as bytes, with the plug-in tables as an argument. Separate from Load, so that a
// client, which gets its experiment over the wire, does not link the TOML library.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/config/experiment.h"
#include "common/config/schema/tables.h"

namespace google::protobuf {
class Message;
}

namespace fedround::config {

inline constexpr std::size_t kMaxSerializedBytes = std::size_t{1} << 20;

// Errors: INVALID_ARGUMENT, as ParseExperiment.
absl::StatusOr<Experiment> ParseSerialized(absl::string_view serialized, TableLookup tables);

// The same message gives the same bytes.
std::string SerializeMessage(const google::protobuf::Message& message);

}  // namespace fedround::config
