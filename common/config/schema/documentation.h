// The comments of experiment.proto, which are the documentation of the keys.
//
// Generated code has no comments, so the build embeds a descriptor that does.
#pragma once

#include <map>
#include <string>

#include "absl/strings/string_view.h"

namespace fedround::config {

class Documentation {
 public:
  Documentation();

  // The lines of the comment above a section ("fold") or a key ("fold.scale_bits"), joined by '\n';
  // "" if it has none.
  absl::string_view Of(const std::string& path) const;

 private:
  std::map<std::string, std::string> comments_;
};

}  // namespace fedround::config
