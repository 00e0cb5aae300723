// TOML to a protobuf message by reflection: unknown keys and types are checked here, ranges by
// Resolve.
#pragma once

#include "common/config/problems.h"
#include "common/config/toml/value.h"

namespace google::protobuf {
class Message;
}

namespace fedround::config {

// Sets the fields of `message` that `table` names, and tells `problems` where each key was written.
void SetFromToml(const TomlTable& table, google::protobuf::Message& message, Problems& problems);

}  // namespace fedround::config
