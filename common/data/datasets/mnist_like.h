// What MNIST and its drop-in replacements share: four IDX files in a folder, grey images of 28 x 28
// in ten classes.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/data/decoded.h"

namespace fedround::data {

// The four files in `folder`. NOT_FOUND says that `title` is missing and that `command` installs
// it.
absl::StatusOr<std::vector<std::string>> FindMnistLike(absl::string_view title,
                                                       absl::string_view command,
                                                       const std::string& folder);

// `files` as FindMnistLike returns them. DATA_LOSS if they are damaged or of another shape.
absl::StatusOr<Decoded> DecodeMnistLike(absl::string_view title,
                                        const std::vector<std::string>& files);

}  // namespace fedround::data
